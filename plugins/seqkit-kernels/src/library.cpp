// Compiles the kernels for several instruction sets and takes the best that the processor has.
#include "embedding.h"
#include "inference.h"
#include "lstm.h"

#include <cstdint>

#include "crew.h"

namespace plain {
#define VECTOR_BYTES 16
#include "vectors.h"
#include "lstm_impl.h"
#include "embedding_impl.h"
#include "inference_impl.h"
#undef VECTOR_BYTES
} // namespace plain

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define HAS_LEVELS 1
#include <immintrin.h>

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
#define VECTOR_BYTES 32
#include "vectors.h"
#include "lstm_impl.h"
#include "embedding_impl.h"
#include "inference_impl.h"
#undef VECTOR_BYTES
} // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prefer-vector-width=512")
namespace avx512 {
#define VECTOR_BYTES 64
#define VECTOR_RECIPROCAL(v) ((Vec<float>)_mm512_rcp14_ps((__m512)(v)))
#define VECTOR_ROUND(v) ((Vec<float>)_mm512_roundscale_ps((__m512)(v), 0))
#define VECTOR_SCALE(v, n) ((Vec<float>)_mm512_scalef_ps((__m512)(v), (__m512)(n)))
#include "vectors.h"
#include "lstm_impl.h"
#include "embedding_impl.h"
#include "inference_impl.h"
} // namespace avx512
#pragma GCC pop_options

// the same with products of eight bits, for predicting alone
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,prefer-vector-width=512")
namespace vnni {
#define VECTOR_DOT(sums, x, w) \
    ((Vec<int32_t>)_mm512_dpbusd_epi32((__m512i)(sums), (__m512i)(x), (__m512i)(w)))
#define VECTOR_HALF(v) ((Vec<float>)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(v))))
#define VECTOR_LARGEST(v) _mm512_reduce_max_ps((__m512)(v))
#include "vectors.h"
#include "inference_impl.h"
#undef VECTOR_DOT
#undef VECTOR_HALF
#undef VECTOR_LARGEST
#undef VECTOR_RECIPROCAL
#undef VECTOR_ROUND
#undef VECTOR_SCALE
#undef VECTOR_BYTES
} // namespace vnni
#pragma GCC pop_options
#endif

namespace {
enum Level { PLAIN, AVX2, AVX512 };

Level best() {
#ifdef HAS_LEVELS
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return AVX2;
#endif
    return PLAIN;
}

Level level = best();
} // namespace

#ifdef HAS_LEVELS
#define DISPATCH(function)                                  \
    switch (level) {                                      \
    case AVX512: avx512::function; break;                   \
    case AVX2: avx2::function; break;                       \
    default: plain::function;                               \
    }
#else
#define DISPATCH(function) plain::function
#endif

extern "C" {
void seqkit_lstm_forward_float(const LSTM *p) { DISPATCH(Task<float>(*p).run_forward()) }
void seqkit_lstm_forward_double(const LSTM *p) { DISPATCH(Task<double>(*p).run_forward()) }
void seqkit_lstm_backward_float(const LSTM *p) { DISPATCH(Task<float>(*p).run_backward()) }
void seqkit_lstm_backward_double(const LSTM *p) { DISPATCH(Task<double>(*p).run_backward()) }

void seqkit_embedding_forward_float(const Embedding *p) { DISPATCH(Look<float>(*p).forward()) }
void seqkit_embedding_forward_double(const Embedding *p) { DISPATCH(Look<double>(*p).forward()) }
void seqkit_embedding_backward_float(const Embedding *p) { DISPATCH(Look<float>(*p).backward()) }
void seqkit_embedding_backward_double(const Embedding *p) { DISPATCH(Look<double>(*p).backward()) }

int seqkit_eight_bits() {
#ifdef HAS_LEVELS
    return best() == AVX512 && __builtin_cpu_supports("avx512vnni");
#else
    return 0;
#endif
}
void seqkit_read(const Reading *p) {
#ifdef HAS_LEVELS
    if (p->cells[0].scale) return vnni::Infer::read(*p);
#endif
    DISPATCH(Infer::read(*p))
}
void seqkit_multiply(const Product *p) { DISPATCH(Infer::multiply(*p)) }
int seqkit_step(const Step *p) {
    if (!plain::Infer::fits(*p)) return 0;
#ifdef HAS_LEVELS
    if (p->cells[0].scale) return vnni::Infer::step(*p), 1;
#endif
    DISPATCH(Infer::step(*p))
    return 1;
}

int seqkit_use_level(int wanted) {
    level = static_cast<Level>(wanted < PLAIN ? PLAIN : wanted > best() ? best() : wanted);
    return level;
}
}
