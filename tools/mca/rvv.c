// The same algorithms for clang, which makes vectors of these loops. rvv.py compares them with ours.
#include <stddef.h>
#include <stdint.h>

void f32(float *restrict d, const float *restrict a, const float *restrict b, size_t n, float l, float m) {
  for (size_t i = 0; i < n; i++) d[i] = l * a[i] + m * b[i];
}

void near(uint8_t *restrict d, const uint8_t *restrict other, const uint8_t *restrict base, size_t n, int16_t w) {
  for (size_t i = 0; i < n; i++) d[i] = base[i] + (((other[i] - base[i]) * w + (1 << 14)) >> 15);
}

void even(uint8_t *restrict d, const uint8_t *restrict a, const uint8_t *restrict b, size_t n, uint16_t k) {
  for (size_t i = 0; i < n; i++) {
    uint16_t v = k * a[i] + (256 - k) * b[i];
    d[i] = (uint16_t)(v + 127 + (v >> 8 & 1)) >> 8;
  }
}

void half(uint8_t *restrict d, const uint8_t *restrict a, const uint8_t *restrict b, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint16_t v = a[i] + b[i];
    d[i] = (v + (v >> 1 & 1)) >> 1;
  }
}

void bf16(uint16_t *restrict d, const uint16_t *restrict a, const uint16_t *restrict b, size_t n, float l, float m) {
  for (size_t i = 0; i < n; i++) {
    uint32_t x = (uint32_t)a[i] << 16, y = (uint32_t)b[i] << 16, z;
    float f, g;
    __builtin_memcpy(&f, &x, 4);
    __builtin_memcpy(&g, &y, 4);
    f = l * f + m * g;
    __builtin_memcpy(&z, &f, 4);
    d[i] = (z + 0x7fff + (z >> 16 & 1)) >> 16;
  }
}

void mask(uint8_t *restrict d, const uint8_t *restrict a, const uint8_t *restrict b, const uint8_t *restrict m, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint16_t v = m[i] * a[i] + (255 - m[i]) * b[i] + 128;
    d[i] = (uint16_t)(v + (v >> 8)) >> 8;
  }
}

void norm(float *restrict d, const uint8_t *restrict a, const uint8_t *restrict b, const float *restrict scale,
          const float *restrict bias, size_t n, uint16_t w) {
  for (size_t i = 0; i < n; i++) d[i] = (float)(w * a[i] + (32768u - w) * b[i]) * scale[i] + bias[i];
}
