module github.com/mixblend/blend/asm

go 1.24.0
