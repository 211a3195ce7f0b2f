// The LSTM and its gradient, for one instruction set; see lstm.h for the arrays.
//
// A tile is a few sequences times four vectors whose sums stay in registers: the four gates of one
// vector of units forwards, four vectors of columns backwards. What a tile reads again and again,
// some steps of its weights, stays in the first cache.

static constexpr int WIDE = 4;        // vectors side by side in a tile
static constexpr int64_t CHUNK = 128;  // sequences whose gradients are summed up at once

template <typename R>
struct Task {
    static constexpr int VL = Lanes<R>::count;
    static constexpr int STRIP = WIDE * VL;
    const LSTM &p;
    const int64_t T, B, I, H, G; // G = 4 * H
    const int64_t J;             // vectors of units

    explicit Task(const LSTM &problem)
        : p(problem), T(p.T), B(p.B), I(p.I), H(p.H), G(4 * p.H), J((p.H + VL - 1) / VL) {}

    static const R *in(const void *array) { return static_cast<const R *>(array); }
    static R *out(void *array) { return static_cast<R *>(array); }

    int64_t units(int64_t j) const { return H - j * VL < VL ? H - j * VL : VL; }

    // How many of a thread's sequences, which stand longest first, have a step t.
    int64_t active(const Share &share, int64_t t) const {
        int64_t low = 0, high = share.rows;
        while (low < high) {
            const int64_t middle = (low + high) / 2;
            if (p.lengths[share.row[middle]] > t) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    // Where a sequence's h or c before step t stands.
    const R *before(const void *steps, const void *initial, int64_t t, int64_t row) const {
        const bool first = p.reverse ? t == p.lengths[row] - 1 : t == 0;
        if (first) return in(initial) + row * H;
        return in(steps) + ((p.reverse ? t + 1 : t - 1) * B + row) * H;
    }

    // Have n numbers brought near, for later.
    static void fetch(const void *array, int64_t first, int64_t n) {
        const R *from = in(array) + first;
        for (int64_t u = 0; u < n; u += 64 / sizeof(R)) __builtin_prefetch(from + u);
    }

    static void clear(R *row, int64_t first, int64_t end) {
        if (end > first) __builtin_memset(row + first, 0, (end - first) * sizeof(R));
    }

    // a[r] += from[r][k] * w[k] over k: N rows by V vectors, of which w has WIDE.
    template <int N, int V>
    static inline __attribute__((always_inline)) void add_products(
        Vec<R> (&a)[N][V], const R *const (&from)[N], int64_t depth, const R *w) {
        for (int64_t k = 0; k < depth; k++, w += STRIP) {
            Vec<R> w_k[V];
            _Pragma("GCC unroll 8")
            for (int v = 0; v < V; v++) w_k[v] = load(w + v * VL);
            _Pragma("GCC unroll 8")
            for (int r = 0; r < N; r++) {
                const Vec<R> x_k = all(from[r][k]);
                _Pragma("GCC unroll 8")
                for (int v = 0; v < V; v++) a[r][v] += x_k * w_k[v];
            }
        }
    }

    // sums[r] += from[r][k] * w[k] over k: N rows by V vectors, of which w has WIDE.
    template <int N, int V>
    static void product_tile(const R *const *from, int64_t depth, const R *w, R *const *sums,
                             int64_t columns) {
        Vec<R> a[N][V];
        const R *x[N];
        for (int r = 0; r < N; r++) {
            x[r] = from[r];
            for (int v = 0; v < V; v++) a[r][v] = load_some(sums[r] + v * VL, columns - v * VL);
        }
        add_products(a, x, depth, w);
        for (int r = 0; r < N; r++)
            for (int v = 0; v < V; v++) store_some(sums[r] + v * VL, a[r][v], columns - v * VL);
    }

    // The same for any number of rows, in tiles of about equal height.
    template <int V, int N = ROWS>
    static void product_rows(int64_t n, const R *const *from, int64_t depth, const R *w,
                             R *const *sums, int64_t columns) {
        if constexpr (N > 0) {
            while (n > 0) {
                const int64_t tiles = (n + ROWS - 1) / ROWS;
                if ((n + tiles - 1) / tiles < N)
                    return product_rows<V, N - 1>(n, from, depth, w, sums, columns);
                product_tile<N, V>(from, depth, w, sums, columns);
                n -= N;
                from += N;
                sums += N;
            }
        }
    }

    // sums[r][:columns] += from[r] @ w, for one packed strip w of columns.
    static void product(int64_t n, const R *const *from, int64_t depth, const R *w, R *const *sums,
                        int64_t columns) {
        if (columns > 3 * VL) product_rows<4>(n, from, depth, w, sums, columns);
        else if (columns > 2 * VL) product_rows<3>(n, from, depth, w, sums, columns);
        else if (columns > VL) product_rows<2>(n, from, depth, w, sums, columns);
        else product_rows<1>(n, from, depth, w, sums, columns);
    }

    // ---- forwards

    // The weights [J][I + H][4][VL] and the bias [J][4][VL], the gates of a unit side by side.
    void pack_gates(R *packed, R *bias) const {
        const R *W_hx = in(p.W_hx), *W_hh = in(p.W_hh), *b = in(p.b);
        for (int64_t j = 0; j < J; j++) {
            const int64_t n = units(j);
            for (int64_t k = 0; k < I + H; k++)
                for (int64_t g = 0; g < 4; g++)
                    for (int64_t u = 0; u < VL; u++) {
                        const int64_t gate = g * H + j * VL + u;
                        *packed++ = u >= n  ? R(0)
                                    : k < I ? W_hx[gate * I + k]
                                            : W_hh[gate * H + k - I];
                    }
            for (int64_t g = 0; g < 4; g++)
                for (int64_t u = 0; u < VL; u++) *bias++ = u < n ? b[g * H + j * VL + u] : R(0);
        }
    }

    // Step t of N sequences' units j; c (B, H) is each sequence's latest.
    template <int N>
    void forward_tile(const int64_t *rows, int64_t t, int64_t j, const R *w, const R *bias,
                      R *c) const {
        Vec<R> a[N][4];
        const R *x[N], *h[N];
        for (int r = 0; r < N; r++) {
            x[r] = in(p.x) + (t * B + rows[r]) * I;
            h[r] = before(p.y, p.h_0, t, rows[r]);
            for (int g = 0; g < 4; g++) a[r][g] = load(bias + g * VL);
        }
        add_products(a, x, I, w);
        add_products(a, h, H, w + I * STRIP);
        const int64_t n = units(j), first = j * VL;
        for (int r = 0; r < N; r++) {
            const Vec<R> i = sigmoid(a[r][0]), f = sigmoid(a[r][1]);
            const Vec<R> g = tanh(a[r][2]), o = sigmoid(a[r][3]);
            R *c_r = c + rows[r] * H + first;
            const Vec<R> c_t = f * load_some(c_r, n) + i * g;
            const int64_t at = t * B + rows[r];
            store_some(c_r, c_t, n);
            store_some(out(p.y) + at * H + first, Vec<R>(o * tanh(c_t)), n);
            if (!p.gates) continue;
            R *gates = out(p.gates) + at * G + first;
            store_some(gates, i, n);
            store_some(gates + H, f, n);
            store_some(gates + 2 * H, g, n);
            store_some(gates + 3 * H, o, n);
            store_some(out(p.c) + at * H + first, c_t, n);
        }
    }

    template <int N>
    void forward_rows(int64_t n, const int64_t *rows, int64_t t, int64_t j, const R *w,
                      const R *bias, R *c) const {
        if constexpr (N > 0) {
            while (n > 0) {
                const int64_t tiles = (n + ROWS - 1) / ROWS;
                if ((n + tiles - 1) / tiles < N)
                    return forward_rows<N - 1>(n, rows, t, j, w, bias, c);
                forward_tile<N>(rows, t, j, w, bias, c);
                n -= N;
                rows += N;
            }
        }
    }

    void forward(const Share &share, const R *packed, const R *bias, R *c) const {
        for (int64_t s = 0; s < T; s++) {
            const int64_t t = p.reverse ? T - 1 - s : s, n = active(share, t);
            for (int64_t j = 0; j < J; j++)
                forward_rows<ROWS>(n, share.row, t, j, packed + j * (I + H) * STRIP,
                                   bias + j * STRIP, c);
            for (int64_t r = n; r < share.rows; r++)
                clear(out(p.y) + (t * B + share.row[r]) * H, 0, H);
        }
        for (int64_t r = 0; r < share.rows; r++) {
            const int64_t row = share.row[r], length = p.lengths[row];
            const int64_t end = ((p.reverse ? 0 : length - 1) * B + row) * H;
            const R *h_end = length ? in(p.y) + end : in(p.h_0) + row * H;
            for (int64_t u = 0; u < H; u++) {
                out(p.h_n)[row * H + u] = h_end[u];
                out(p.c_n)[row * H + u] = c[row * H + u];
            }
        }
    }

    // ---- backwards

    // The columns of a (4*H, columns) matrix in strips [strips][4*H][WIDE][VL].
    void pack_columns(const R *W, int64_t columns, R *packed) const {
        for (int64_t first = 0; first < columns; first += STRIP)
            for (int64_t k = 0; k < G; k++)
                for (int64_t u = first; u < first + STRIP; u++)
                    *packed++ = u < columns ? W[k * columns + u] : R(0);
    }

    // The gradient da of the sums of one sequence's gates at step t, for its units j, from that of
    // its h and c after the step; dc becomes that of c before it, and dh is cleared.
    void backward_gates(int64_t t, int64_t row, int64_t j, R *da, R *dh, R *dc) const {
        const int64_t at = t * B + row, first = j * VL, n = units(j);
        const R *gates = in(p.gates) + at * G + first;
        const Vec<R> i = load_some(gates, n), f = load_some(gates + H, n);
        const Vec<R> g = load_some(gates + 2 * H, n), o = load_some(gates + 3 * H, n);
        const Vec<R> c_before = load_some(before(p.c, p.c_0, t, row) + first, n);
        const Vec<R> c_tanh = tanh(load_some(in(p.c) + at * H + first, n));
        const Vec<R> dh_t = load_some(in(p.dy) + at * H + first, n) + load_some(dh + first, n);
        const Vec<R> dh_o = dh_t * o;
        const Vec<R> dc_t = load_some(dc + first, n) + dh_o - dh_o * c_tanh * c_tanh;
        const Vec<R> dc_i = dc_t * i, dc_f = dc_t * f;
        store_some(da + first, Vec<R>(dc_i * g * (R(1) - i)), n);
        store_some(da + H + first, Vec<R>(dc_f * c_before * (R(1) - f)), n);
        store_some(da + 2 * H + first, Vec<R>(dc_i - dc_i * g * g), n);
        store_some(da + 3 * H + first, Vec<R>(dh_o * c_tanh * (R(1) - o)), n);
        store_some(dc + first, dc_f, n);
        store_some(dh + first, Vec<R>{}, n);
    }

    // dW[k..][u..] += the outer products of n sequences' features and gradients, K by four vectors.
    template <int K>
    void outer_tile(int64_t n, const R *const *from, const R *const *da, int64_t k, int64_t u,
                    R *dW) const {
        Vec<R> a[K][WIDE];
        for (int i = 0; i < K; i++)
            for (int v = 0; v < WIDE; v++) a[i][v] = load(dW + i * G + v * VL);
        for (int64_t r = 0; r < n; r++) {
            const R *d = da[r] + u, *x = from[r] + k;
            const Vec<R> d_0 = load(d), d_1 = load(d + VL), d_2 = load(d + 2 * VL),
                         d_3 = load(d + 3 * VL);
            _Pragma("GCC unroll 8")
            for (int i = 0; i < K; i++) {
                const Vec<R> x_i = all(x[i]);
                a[i][0] += x_i * d_0;
                a[i][1] += x_i * d_1;
                a[i][2] += x_i * d_2;
                a[i][3] += x_i * d_3;
            }
        }
        for (int i = 0; i < K; i++)
            for (int v = 0; v < WIDE; v++) store(dW + i * G + v * VL, a[i][v]);
    }

    template <int K>
    void outer_columns(int64_t n, const R *const *from, const R *const *da, int64_t k, int64_t end,
                       int64_t u, R *dW) const {
        for (; end - k >= K; k += K) outer_tile<K>(n, from, da, k, u, dW + k * G + u);
        if constexpr (K > 1) outer_columns<K - 1>(n, from, da, k, end, u, dW);
    }

    // dW (features, 4*H) += from^T @ da, over n sequences.
    void outer(int64_t n, const R *const *from, const R *const *da, int64_t features, R *dW) const {
        for (int64_t r = 0; r < n; r += CHUNK)
            for (int64_t u = 0; u < G; u += STRIP)
                outer_columns<ROWS>(n - r < CHUNK ? n - r : CHUNK, from + r, da + r, 0, features, u,
                                    dW);
    }

    void backward(const Share &share, const Back<R> &back) const {
        const int64_t rows = share.rows;
        Buffer<R> slab(p.da ? 0 : rows * G);
        Buffer<const R *> da(rows), from(rows);
        Buffer<R *> to(rows);
        for (int64_t s = 0; s < T; s++) {
            const int64_t t = p.reverse ? s : T - 1 - s, n = active(share, t);
            for (int64_t r = 0; r < rows; r++) {
                const int64_t row = share.row[r], at = t * B + row;
                R *da_r = p.da ? out(p.da) + at * G : slab.data + r * G;
                da.data[r] = da_r;
                if (r >= n) {
                    if (p.da) clear(da_r, 0, G);
                    if (p.dx) clear(out(p.dx) + at * I, 0, I);
                    continue;
                }
                // The sequences stand apart, so that the processor does not see what comes next.
                if (s + 1 < T) {
                    const int64_t next = (p.reverse ? t + 1 : t - 1) * B + row;
                    fetch(p.gates, next * G, G);
                    fetch(p.c, next * H, H);
                    fetch(p.dy, next * H, H);
                    fetch(p.x, next * I, I);
                }
                for (int64_t j = 0; j < J; j++)
                    backward_gates(t, row, j, da_r, back.dh + row * H, back.dc + row * H);
            }
            for (int64_t u = 0; u < H; u += STRIP) {
                for (int64_t r = 0; r < n; r++) {
                    from.data[r] = da.data[r];
                    to.data[r] = back.dh + share.row[r] * H + u;
                }
                product(n, from.data, G, back.W_hh + u * G, to.data, H - u);
            }
            if (p.da) continue; // the rest is the caller's
            for (int64_t u = 0; u < I; u += STRIP) {
                for (int64_t r = 0; r < n; r++) {
                    from.data[r] = da.data[r];
                    to.data[r] = out(p.dx) + (t * B + share.row[r]) * I + u;
                    clear(to.data[r], 0, I - u < STRIP ? I - u : STRIP);
                }
                product(n, from.data, G, back.W_hx + u * G, to.data, I - u);
            }
            R *sums = back.sums + share.number * back.sums_size;
            for (int64_t r = 0; r < n; r++) from.data[r] = in(p.x) + (t * B + share.row[r]) * I;
            outer(n, from.data, da.data, I, sums);
            for (int64_t r = 0; r < n; r++) from.data[r] = before(p.y, p.h_0, t, share.row[r]);
            outer(n, from.data, da.data, H, sums + I * G);
            for (int64_t r = 0; r < n; r++)
                for (int64_t u = 0; u < G; u += VL) {
                    R *db = sums + (I + H) * G + u;
                    store(db, Vec<R>(load(db) + load(da.data[r] + u)));
                }
        }
    }

    // ---- the whole

    void run_forward() const {
        const Plan plan(p);
        Buffer<R> packed(J * (I + H) * STRIP), bias(J * STRIP), c(B * H);
        pack_gates(packed.data, bias.data);
        __builtin_memcpy(c.data, p.c_0, B * H * sizeof(R));
        plan.run([&](const Share &share) { forward(share, packed.data, bias.data, c.data); });
    }

    void run_backward() const {
        const Plan plan(p);
        const int64_t strips_h = (H + STRIP - 1) / STRIP, strips_x = (I + STRIP - 1) / STRIP;
        const int64_t size = p.da ? 0 : (I + H + 1) * G;
        Buffer<R> W_hh(strips_h * STRIP * G), W_hx(p.da ? 0 : strips_x * STRIP * G);
        Buffer<R> sums(plan.shares.size() * size, true);
        pack_columns(in(p.W_hh), H, W_hh.data);
        if (!p.da) pack_columns(in(p.W_hx), I, W_hx.data);
        __builtin_memcpy(p.dh_0, p.dh_n, B * H * sizeof(R));
        __builtin_memcpy(p.dc_0, p.dc_n, B * H * sizeof(R));
        const Back<R> back{W_hh.data, W_hx.data, out(p.dh_0), out(p.dc_0), sums.data, size};
        plan.run([&](const Share &share) { backward(share, back); });
        if (p.da) return;
        for (size_t n = 1; n < plan.shares.size(); n++)
            for (int64_t k = 0; k < size; k++) sums.data[k] += sums.data[n * size + k];
        const R *sum = sums.data;
        for (int64_t k = 0; k < I; k++)
            for (int64_t u = 0; u < G; u++) out(p.dW_hx)[u * I + k] = *sum++;
        for (int64_t k = 0; k < H; k++)
            for (int64_t u = 0; u < G; u++) out(p.dW_hh)[u * H + k] = *sum++;
        __builtin_memcpy(p.db, sum, G * sizeof(R));
    }
};
