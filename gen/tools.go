//go:build tools

package main

import _ "github.com/mixblend/blend" // its stubs are the signatures
