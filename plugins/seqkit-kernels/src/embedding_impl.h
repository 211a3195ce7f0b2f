// Looking up rows with dropout, and the gradient of that, for one instruction set.

// A draw for each element: its number, mixed with the seed by the finaliser of MurmurHash3, so that
// the way back draws the same. Number is a 32-bit integer or a vector of them.
template <typename Number>
static inline Number draw(Number element, uint32_t seed, uint32_t row) {
    Number n = element * 0x9E3779B9u ^ seed;
    n ^= n >> 16;
    n *= 0x85EBCA6Bu;
    n ^= row;
    n ^= n >> 13;
    n *= 0xC2B2AE35u;
    return n ^ n >> 16;
}

template <typename R>
struct Look {
    const Embedding &p;
    const int64_t E;
    const uint32_t least; // a draw below this drops
    const R scale;

    explicit Look(const Embedding &problem)
        : p(problem), E(p.E), least(static_cast<uint32_t>(p.drop * 4294967296.0)),
          scale(R(1) / R(1 - p.drop)) {}

    // to[e] = or += from[e] where the mask of row n keeps it, scaled, and 0 elsewhere.
    template <bool ADD>
    void masked(int64_t n, const float *from, float *to) const {
        typedef uint32_t Number __attribute__((vector_size(VECTOR_BYTES)));
        constexpr int VL = Lanes<float>::count;
        Number count;
        for (int lane = 0; lane < VL; lane++) count[lane] = lane;
        const uint32_t seed = static_cast<uint32_t>(p.seed), row = row_of(n);
        for (int64_t e = 0; e < E; e += VL) {
            Vec<float> v = load_some(from + e, E - e) * scale;
            if (least) {
                const auto kept = draw<Number>(count + static_cast<uint32_t>(e), seed, row) >= least;
                Number bits;
                __builtin_memcpy(&bits, &v, sizeof bits);
                bits &= (Number)kept;
                __builtin_memcpy(&v, &bits, sizeof v);
            }
            if (ADD) v += load_some(to + e, E - e);
            store_some(to + e, v, E - e);
        }
    }

    template <bool ADD>
    void masked(int64_t n, const double *from, double *to) const {
        const uint32_t seed = static_cast<uint32_t>(p.seed), row = row_of(n);
        for (int64_t e = 0; e < E; e++) {
            const bool kept = draw<uint32_t>(e, seed, row) >= least;
            const double v = kept ? from[e] * scale : 0.0;
            to[e] = ADD ? to[e] + v : v;
        }
    }

    uint32_t row_of(int64_t n) const {
        const uint32_t row = static_cast<uint32_t>(p.masks ? n % p.masks : n);
        return draw<uint32_t>(row, static_cast<uint32_t>(p.seed >> 32), 0);
    }

    void forward() const {
        const R *weight = static_cast<const R *>(p.weight);
        R *y = static_cast<R *>(p.y);
        in_parallel(p.threads, [&](int64_t thread, int64_t threads) {
            const int64_t end = p.N * (thread + 1) / threads;
            for (int64_t n = p.N * thread / threads; n < end; n++)
                masked<false>(n, weight + p.ids[n] * E, y + n * E);
        });
    }

    // Each thread adds to rows of its own, so that none waits and the sums' order is always the same.
    void backward() const {
        const R *dy = static_cast<const R *>(p.dy);
        R *dweight = static_cast<R *>(p.dweight);
        in_parallel(p.threads, [&](int64_t thread, int64_t threads) {
            for (int64_t n = 0; n < p.N; n++)
                if (p.ids[n] % threads == thread && p.ids[n] != p.padding)
                    masked<true>(n, dy + n * E, dweight + p.ids[n] * E);
        });
    }
};
