// What a good programmer writes in C: one fused loop a pair of rows, over all rows of a batch, for the compiler to vectorize. No
// intrinsics. build.py compiles it; each function does its task reps times.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct task {
  const int64_t *index; // rows of them, a cycle
  size_t rows, columns;
  float l, m;                // λ and 1-λ
  int16_t w15;               // λ in units of 1/2^15, no multiple of 128: ties cannot occur
  uint16_t w8;               // λ in units of 1/256
  const float *scale, *bias; // of three channels
  size_t side, x0, y0, x1, y1;
  const uint8_t *mask; // side * side
  void *first;         // a row, to be kept aside in place
  void *kernel;        // of Simd Library
};

// ROWS defines name, which does a task row by row: out of place from x to dst, or in place, where dst is x, along the index. There each
// row is both own and result, which compilers must be told.
#define ROWS(name, T, F)                                                                                                     \
  void name(T *dst, const F *x, const struct task *t, size_t reps) {                                                         \
    const size_t n = t->columns;                                                                                             \
    for (; reps; reps--) {                                                                                                   \
      if ((const void *)dst != (const void *)x) {                                                                            \
        for (size_t i = 0; i < t->rows; i++) name##_out(dst + i * n, x + i * n, x + t->index[i] * n, n, t);                  \
        continue;                                                                                                            \
      }                                                                                                                      \
      size_t i = 0;                                                                                                          \
      memcpy(t->first, x, n * sizeof(F));                                                                                    \
      for (; t->index[i]; i = t->index[i]) name##_in(dst + i * n, (const F *)dst + t->index[i] * n, n, t);                   \
      name##_in(dst + i * n, t->first, n, t);                                                                                \
    }                                                                                                                        \
  }

// MIX defines a loop over elements that mixes a and b by an expression; w is what the expression needs of the task.
#define MIX(name, T, W, w_, expression)                                                                                      \
  static void name##_out(T *restrict d, const T *restrict a_, const T *restrict b_, size_t n, const struct task *t) {        \
    const W w = w_;                                                                                                          \
    const float l = t->l, m = t->m;                                                                                          \
    (void)w, (void)l, (void)m;                                                                                               \
    for (size_t i = 0; i < n; i++) {                                                                                         \
      const T a = a_[i], b = b_[i];                                                                                          \
      d[i] = expression;                                                                                                     \
    }                                                                                                                        \
  }                                                                                                                          \
  static void name##_in(T *restrict d, const T *restrict b_, size_t n, const struct task *t) {                               \
    const W w = w_;                                                                                                          \
    const float l = t->l, m = t->m;                                                                                          \
    (void)w, (void)l, (void)m;                                                                                               \
    for (size_t i = 0; i < n; i++) {                                                                                         \
      const T a = d[i], b = b_[i];                                                                                           \
      d[i] = expression;                                                                                                     \
    }                                                                                                                        \
  }                                                                                                                          \
  ROWS(name, T, T)

MIX(float32, float, float, t->l, l *a + m * b)
MIX(bytes_float, uint8_t, float, t->l, (uint8_t)(l * a + m * b + 0.5f))
MIX(bytes_8bit, uint8_t, uint16_t, t->w8, (uint8_t)((uint16_t)(a * w + b * (256 - w) + 128) >> 8))
// Rounded to nearest, exactly. Differences go through a block in the first-level cache, since only there gcc sees that the product
// is of two numbers of 16 bits, of which it has the rounded high half in one instruction.
enum { block = 256 };

static inline __attribute__((always_inline)) void exactly(uint8_t *d, const uint8_t *a, const uint8_t *b, size_t n, int16_t w) {
  int16_t v[block];
  for (size_t i = 0; i < n; i++) v[i] = a[i] - b[i];
  for (size_t i = 0; i < n; i++) v[i] = (((int32_t)v[i] * w >> 14) + 1) >> 1;
  for (size_t i = 0; i < n; i++) d[i] = b[i] + v[i];
}

static void bytes_exact_out(uint8_t *restrict d, const uint8_t *restrict a, const uint8_t *restrict b, size_t n, const struct task *t) {
  const int16_t w = t->w15;
  for (; n >= block; n -= block, d += block, a += block, b += block) exactly(d, a, b, block, w);
  exactly(d, a, b, n, w);
}

static void bytes_exact_in(uint8_t *d, const uint8_t *restrict b, size_t n, const struct task *t) {
  const int16_t w = t->w15;
  for (; n >= block; n -= block, d += block, b += block) exactly(d, d, b, block, w);
  exactly(d, d, b, n, w);
}

ROWS(bytes_exact, uint8_t, uint8_t)

// From packed pixels to planes: one pass over the pixels, three results a turn.
void normalize(float *dst, const uint8_t *x, const struct task *t, size_t reps) {
  const size_t n = t->columns, plane = n / 3;
  for (; reps; reps--)
    for (size_t i = 0; i < t->rows; i++) {
      const uint8_t *restrict a = x + i * n, *restrict b = x + t->index[i] * n;
      float *restrict r = dst + i * n, *restrict g = r + plane, *restrict u = g + plane;
      const float l0 = t->l * t->scale[0], l1 = t->l * t->scale[1], l2 = t->l * t->scale[2];
      const float m0 = t->m * t->scale[0], m1 = t->m * t->scale[1], m2 = t->m * t->scale[2];
      const float b0 = t->bias[0], b1 = t->bias[1], b2 = t->bias[2];
      for (size_t p = 0; p < plane; p++) {
        r[p] = l0 * a[3 * p] + m0 * b[3 * p] + b0;
        g[p] = l1 * a[3 * p + 1] + m1 * b[3 * p + 1] + b1;
        u[p] = l2 * a[3 * p + 2] + m2 * b[3 * p + 2] + b2;
      }
    }
}

// The same, a plane after the other.
void normalize_planes(float *dst, const uint8_t *x, const struct task *t, size_t reps) {
  const size_t n = t->columns, plane = n / 3;
  for (; reps; reps--)
    for (size_t i = 0; i < t->rows; i++)
      for (size_t c = 0; c < 3; c++) {
        const uint8_t *restrict a = x + i * n + c, *restrict b = x + t->index[i] * n + c;
        float *restrict d = dst + i * n + c * plane;
        const float l = t->l * t->scale[c], m = t->m * t->scale[c], bias = t->bias[c];
        for (size_t p = 0; p < plane; p++) d[p] = l * a[3 * p] + m * b[3 * p] + bias;
      }
}

// The same from bytes that are mixed and rounded first, in the first-level cache, so that pixels are taken apart once, not twice.
void normalize_bytes(float *dst, const uint8_t *x, const struct task *t, size_t reps) {
  const size_t n = t->columns, plane = n / 3;
  const float s0 = t->scale[0], s1 = t->scale[1], s2 = t->scale[2], b0 = t->bias[0], b1 = t->bias[1], b2 = t->bias[2];
  for (; reps; reps--)
    for (size_t i = 0; i < t->rows; i++) {
      const uint8_t *a = x + i * n, *b = x + t->index[i] * n;
      float *restrict r = dst + i * n, *restrict g = r + plane, *restrict u = g + plane;
      for (size_t left = plane; left;) {
        uint8_t v[3 * block];
        const size_t pixels = left < block ? left : block;
        for (size_t k = 0; k < 3 * pixels; k += block) {
          const size_t rest = 3 * pixels - k;
          if (rest >= block)
            exactly(v + k, a + k, b + k, block, t->w15);
          else
            exactly(v + k, a + k, b + k, rest, t->w15);
        }
        for (size_t p = 0; p < pixels; p++) {
          r[p] = s0 * v[3 * p] + b0;
          g[p] = s1 * v[3 * p + 1] + b1;
          u[p] = s2 * v[3 * p + 2] + b2;
        }
        a += 3 * pixels, b += 3 * pixels, r += pixels, g += pixels, u += pixels, left -= pixels;
      }
    }
}

static void cut_in(uint8_t *restrict d, const uint8_t *restrict b, size_t n, const struct task *t) {
  for (size_t plane = 0; plane < n; plane += t->side * t->side)
    for (size_t y = t->y0; y < t->y1; y++) {
      const size_t at = plane + y * t->side + t->x0;
      memcpy(d + at, b + at, t->x1 - t->x0);
    }
}

static void cut_out(uint8_t *restrict d, const uint8_t *restrict a, const uint8_t *restrict b, size_t n, const struct task *t) {
  memcpy(d, a, n);
  cut_in(d, b, n, t);
}

ROWS(cut, uint8_t, uint8_t)

// m*a + (255-m)*b over 255, rounded to nearest, exactly, in 16 bits.
static inline uint8_t by_mask(uint8_t a, uint8_t b, uint8_t m) {
  const uint16_t v = m * a + (255 - m) * b + 128;
  return (uint16_t)(v + (v >> 8)) >> 8;
}

static void masks_in(uint8_t *restrict d, const uint8_t *restrict b, size_t n, const struct task *t) {
  const uint8_t *restrict m = t->mask;
  const size_t plane = t->side * t->side;
  for (; n; n -= plane, d += plane, b += plane)
    for (size_t i = 0; i < plane; i++) d[i] = by_mask(d[i], b[i], m[i]);
}

static void masks_out(uint8_t *restrict d, const uint8_t *restrict a, const uint8_t *restrict b, size_t n, const struct task *t) {
  const uint8_t *restrict m = t->mask;
  const size_t plane = t->side * t->side;
  for (; n; n -= plane, d += plane, a += plane, b += plane)
    for (size_t i = 0; i < plane; i++) d[i] = by_mask(a[i], b[i], m[i]);
}

ROWS(masks, uint8_t, uint8_t)

// Simd Library mixes src into what lies in dst, by a share of 8 bits of src, or by a mask of them.
typedef void uniform(const uint8_t *src, size_t src_stride, size_t width, size_t height, size_t channels, uint8_t alpha, uint8_t *dst, size_t dst_stride);
typedef void masked(const uint8_t *src, size_t src_stride, size_t width, size_t height, size_t channels, const uint8_t *alpha, size_t alpha_stride,
                    uint8_t *dst, size_t dst_stride);

static void simd_in(uint8_t *d, const uint8_t *b, size_t n, const struct task *t) {
  ((uniform *)t->kernel)(b, n, n, 1, 1, (uint8_t)(t->m * 255 + 0.5f), d, n);
}

static void simd_masks_in(uint8_t *d, const uint8_t *b, size_t n, const struct task *t) { // t->mask is the partner's share
  const size_t plane = t->side * t->side;
  for (; n; n -= plane, d += plane, b += plane) ((masked *)t->kernel)(b, plane, plane, 1, 1, t->mask, plane, d, plane);
}

static void simd_out(uint8_t *d, const uint8_t *a, const uint8_t *b, size_t n, const struct task *t) {
  memcpy(d, a, n);
  simd_in(d, b, n, t);
}

static void simd_masks_out(uint8_t *d, const uint8_t *a, const uint8_t *b, size_t n, const struct task *t) {
  memcpy(d, a, n);
  simd_masks_in(d, b, n, t);
}

ROWS(simd, uint8_t, uint8_t)
ROWS(simd_masks, uint8_t, uint8_t)

#if defined(__clang__) && defined(__x86_64__)
// With streaming stores, which plain C does not have. Rows are whole, aligned lines.
typedef float floats __attribute__((vector_size(64)));
typedef uint8_t bytes __attribute__((vector_size(64)));
typedef uint16_t words __attribute__((vector_size(128)));

static void float32_stream_out(float *d, const float *a, const float *b, size_t n, const struct task *t) {
  for (size_t i = 0; i < n; i += 16) __builtin_nontemporal_store(t->l * *(floats *)(a + i) + t->m * *(floats *)(b + i), (floats *)(d + i));
}

static void float32_stream_in(float *d, const float *b, size_t n, const struct task *t) { float32_stream_out(d, d, b, n, t); }

static void bytes_stream_out(uint8_t *d, const uint8_t *a, const uint8_t *b, size_t n, const struct task *t) {
  const uint16_t w = t->w8;
  for (size_t i = 0; i < n; i += 64) {
    const words v = __builtin_convertvector(*(bytes *)(a + i), words) * w + __builtin_convertvector(*(bytes *)(b + i), words) * (uint16_t)(256 - w);
    __builtin_nontemporal_store(__builtin_convertvector((v + 128) >> 8, bytes), (bytes *)(d + i));
  }
}

static void bytes_stream_in(uint8_t *d, const uint8_t *b, size_t n, const struct task *t) { bytes_stream_out(d, d, b, n, t); }

#define FENCED(name, T)                                                       \
  ROWS(name, T, T)                                                            \
  void name##_fenced(T *dst, const T *x, const struct task *t, size_t reps) { \
    for (; reps; reps--) {                                                    \
      name(dst, x, t, 1);                                                     \
      __asm__ volatile("sfence" ::: "memory");                                \
    }                                                                         \
  }

FENCED(float32_stream, float)
FENCED(bytes_stream, uint8_t)
#endif
