// The same algorithms for clang: float32 pairs as plain C, the rest in NEON types. mca.py compares their main loops with ours.
#include <arm_neon.h>
#include <stddef.h>

void pair_f32(float *restrict d, const float *restrict a, const float *restrict b, size_t n, float l, float m) {
  for (size_t i = 0; i < n; i++) d[i] = l * a[i] + m * b[i];
}

// One block of columns of a chain: each row is loaded once, and stays in registers as the next step's own. In vectors, since
// clang makes scalars of an array of floats.
void chain_f32(float *const *restrict dst, const float *const *restrict src, const float *restrict l, const float *restrict m, size_t steps) {
  float32x4_t row[8];
  for (int j = 0; j < 8; j++) row[j] = vld1q_f32(src[0] + 4 * j);
  for (size_t k = 0; k < steps; k++) {
    float *restrict d = dst[k];
    const float *restrict p = src[k + 1];
    for (int j = 0; j < 8; j++) {
      float32x4_t partner = vld1q_f32(p + 4 * j);
      vst1q_f32(d + 4 * j, l[k] * row[j] + m[k] * partner);
      row[j] = partner;
    }
  }
}

static inline uint8x16_t near(uint8x16_t base, uint8x16_t other, int16x8_t w) {
  int16x8_t lo = vreinterpretq_s16_u16(vsubl_u8(vget_low_u8(other), vget_low_u8(base)));
  int16x8_t hi = vreinterpretq_s16_u16(vsubl_high_u8(other, base));
  lo = vqrdmulhq_s16(lo, w);
  hi = vqrdmulhq_s16(hi, w);
  return vaddq_u8(base, vuzp1q_u8(vreinterpretq_u8_s16(lo), vreinterpretq_u8_s16(hi)));
}

static inline uint8x16_t even(uint8x16_t base, uint8x16_t other, int16x8_t w, uint8x16_t mask, uint8x16_t tie) {
  uint8x16_t t = vandq_u8(veorq_u8(veorq_u8(base, other), tie), mask);
  return vandq_u8(near(base, other, w), vqaddq_u8(t, vdupq_n_u8(254)));
}

static inline uint8x16_t half(uint8x16_t a, uint8x16_t b) {
  return vbicq_u8(vrhaddq_u8(a, b), vandq_u8(veorq_u8(a, b), vdupq_n_u8(1)));
}

#define PAIR(name, mix)                                                                                        \
  void pair_##name(uint8_t *restrict d, const uint8_t *restrict a, const uint8_t *restrict b, size_t n,        \
                   int16_t w, uint8_t mask_, uint8_t tie_) {                                                   \
    int16x8_t wv = vdupq_n_s16(w);                                                                             \
    uint8x16_t mask = vdupq_n_u8(mask_), tie = vdupq_n_u8(tie_);                                               \
    (void)wv, (void)mask, (void)tie;                                                                           \
    for (size_t i = 0; i < n; i += 128)                                                                        \
      for (int j = 0; j < 128; j += 16) {                                                                      \
        uint8x16_t own = vld1q_u8(a + i + j), partner = vld1q_u8(b + i + j);                                   \
        vst1q_u8(d + i + j, mix);                                                                              \
      }                                                                                                        \
  }

#define CHAIN(name, mix)                                                                                       \
  void chain_##name(uint8_t *const *restrict dst, const uint8_t *const *restrict src, const int16_t *restrict w, \
                    const uint8_t *restrict masks, const uint8_t *restrict ties, size_t steps) {               \
    uint8x16_t row[8];                                                                                         \
    for (int j = 0; j < 8; j++) row[j] = vld1q_u8(src[0] + 16 * j);                                            \
    for (size_t k = 0; k < steps; k++) {                                                                       \
      int16x8_t wv = vdupq_n_s16(w[k]);                                                                        \
      uint8x16_t mask = vdupq_n_u8(masks[k]), tie = vdupq_n_u8(ties[k]);                                       \
      (void)wv, (void)mask, (void)tie;                                                                         \
      uint8_t *restrict d = dst[k];                                                                            \
      const uint8_t *restrict p = src[k + 1];                                                                  \
      for (int j = 0; j < 8; j++) {                                                                            \
        uint8x16_t own = row[j], partner = vld1q_u8(p + 16 * j);                                               \
        vst1q_u8(d + 16 * j, mix);                                                                             \
        row[j] = partner;                                                                                      \
      }                                                                                                        \
    }                                                                                                          \
  }

PAIR(near, near(partner, own, wv))
PAIR(even, even(partner, own, wv, mask, tie))
PAIR(half, half(own, partner))
CHAIN(near, near(partner, own, wv))
CHAIN(even, even(partner, own, wv, mask, tie))
CHAIN(half, half(own, partner))
