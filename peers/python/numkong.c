// NumKong's kernels, from the headers of its source distribution, over all rows of a batch.
#include <numkong/each.h>
#include <string.h>

struct task { // as in loops.c, as far as it is needed
  const int64_t *index;
  size_t rows, columns;
  float l, m;
  char rest[];
};

#define ROWS(name, T, blend)                                                                                          \
  void name(T *dst, const T *x, const struct task *t, void *first, size_t reps) {                                     \
    const size_t n = t->columns;                                                                                      \
    for (; reps; reps--) {                                                                                            \
      if (dst != x) {                                                                                                 \
        for (size_t i = 0; i < t->rows; i++) blend(x + i * n, x + t->index[i] * n, n, &t->l, &t->m, dst + i * n);     \
        continue;                                                                                                     \
      }                                                                                                               \
      size_t i = 0;                                                                                                   \
      memcpy(first, x, n * sizeof(T));                                                                                \
      for (; t->index[i]; i = t->index[i]) blend(dst + i * n, dst + t->index[i] * n, n, &t->l, &t->m, dst + i * n);   \
      blend(dst + i * n, first, n, &t->l, &t->m, dst + i * n);                                                        \
    }                                                                                                                 \
  }

ROWS(numkong_float32, nk_f32_t, nk_each_blend_f32)
ROWS(numkong_bytes, nk_u8_t, nk_each_blend_u8)
