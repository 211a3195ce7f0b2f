// Vectors of the widest registers of one instruction set, by the compilers' own extension.
//
// Included once for each instruction set, inside a namespace of its own, with VECTOR_BYTES set.

template <typename R>
struct Lanes {
    typedef R Vector __attribute__((vector_size(VECTOR_BYTES)));
    static constexpr int count = VECTOR_BYTES / sizeof(R);
};
template <typename R>
using Vec = typename Lanes<R>::Vector;

// How many sequences a tile of four vectors each has.
#if VECTOR_BYTES == 64
static constexpr int ROWS = 6; // 24 registers of sums, out of 32
#else
static constexpr int ROWS = 3; // 12 out of 16
#endif

template <typename R>
static inline Vec<R> load(const R *from) {
    Vec<R> v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
}

template <typename R>
static inline void store(R *to, Vec<R> v) {
    __builtin_memcpy(to, &v, sizeof v);
}

// The first n lanes, for rows that end within a vector.
template <typename R>
static inline void store_some(R *to, Vec<R> v, long n) {
    if (n >= Lanes<R>::count) {
        store(to, v);
    } else {
        for (long lane = 0; lane < n; lane++) to[lane] = v[lane];
    }
}

template <typename R>
static inline Vec<R> load_some(const R *from, long n) {
    if (n >= Lanes<R>::count) return load(from);
    Vec<R> v{};
    for (long lane = 0; lane < n; lane++) v[lane] = from[lane];
    return v;
}

template <typename R>
static inline Vec<R> all(R value) {
    return value - Vec<R>{};
}

// 1 / v.
static inline Vec<double> reciprocal(Vec<double> v) { return 1.0 / v; }

static inline Vec<float> reciprocal(Vec<float> v) {
#ifdef VECTOR_RECIPROCAL
    // 14 bits from the table, doubled by one step of Newton's: a division takes four times as long
    const Vec<float> r = VECTOR_RECIPROCAL(v);
    return r * (2.0f - v * r);
#else
    return 1.0f / v;
#endif
}

// 2**v, and never so large that 1 + 2**v overflows; its error is below 2e-7 of the value.
static inline Vec<float> power_of_two(Vec<float> v) {
    const Vec<float> most = all(120.0f);
    v = v > most ? most : v;
#ifdef VECTOR_ROUND
    const Vec<float> n = VECTOR_ROUND(v);
#else
    const Vec<float> least = all(-120.0f);
    v = v < least ? least : v;
    const float shift = 12582912.0f; // adding 1.5 * 2**23 rounds to a whole number
    const Vec<float> shifted = v + shift;
    const Vec<float> n = shifted - shift;
#endif
    const Vec<float> r = v - n; // at most 0.5 from zero
    // Taylor's series of e**(r ln 2), whose next term is below 2e-8 here
    Vec<float> e = all(1.5403530e-4f);
    e = e * r + 1.3333558e-3f;
    e = e * r + 9.6181291e-3f;
    e = e * r + 5.5504109e-2f;
    e = e * r + 2.4022651e-1f;
    e = e * r + 6.9314718e-1f;
    e = e * r + 1.0f;
#ifdef VECTOR_ROUND
    return VECTOR_SCALE(e, n);
#else
    typedef int Int __attribute__((vector_size(VECTOR_BYTES)));
    Int bits, scaled;
    __builtin_memcpy(&bits, &shifted, sizeof bits);
    __builtin_memcpy(&scaled, &e, sizeof scaled);
    scaled += bits << 23; // n, from the low bits of the sum, to where the exponent stands
    __builtin_memcpy(&e, &scaled, sizeof e);
    return e;
#endif
}

static inline Vec<float> sigmoid(Vec<float> v) {
    return reciprocal(1.0f + power_of_two(v * -1.44269504f));
}

// As a difference it is right to 1e-7, not to as many digits where v is near zero: that is as near
// as the sums that it is taken of.
static inline Vec<float> tanh(Vec<float> v) {
    return 1.0f - 2.0f * reciprocal(1.0f + power_of_two(v * 2.88539008f));
}

// In double precision by the C library, lane by lane: for checks, not for speed.
static inline Vec<double> sigmoid(Vec<double> v) {
    for (int lane = 0; lane < Lanes<double>::count; lane++)
        v[lane] = 1.0 / (1.0 + __builtin_exp(-v[lane]));
    return v;
}

static inline Vec<double> tanh(Vec<double> v) {
    for (int lane = 0; lane < Lanes<double>::count; lane++) v[lane] = __builtin_tanh(v[lane]);
    return v;
}
