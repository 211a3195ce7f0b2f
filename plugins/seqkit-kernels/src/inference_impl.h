// Predicting, for one instruction set; see inference.h for the arrays.

// Where one sequence's numbers of one step stand.
struct Row {
    const float *start, *x, *h, *c;
    float *h_new, *c_new, *y, *pool;
    const uint16_t *start_16; // in place of start, where the cell has such a table
    uint8_t *short_8; // x and then h in eight bits, for cells of such weights
    float unit;       // what 1 of them counts
    int64_t id, at, left; // sequence, token, and tokens still to come
};

struct Infer {
    static constexpr int VL = Lanes<float>::count;
    static constexpr int64_t MANY = 16 * ROWS; // rows of a product that a thread takes at once

    template <int N, int G>
    static inline __attribute__((always_inline)) void add(
        Vec<float> (&a)[N][4], const float *const (&from)[N], int64_t depth, const float *w,
        const int (&to)[4]) {
        for (int64_t k = 0; k < depth; k++, w += G * BLOCK) {
            Vec<float> w_k[G];
            _Pragma("GCC unroll 4")
            for (int g = 0; g < G; g++) w_k[g] = load(w + g * BLOCK);
            _Pragma("GCC unroll 8")
            for (int r = 0; r < N; r++) {
                const Vec<float> x_k = all(from[r][k]);
                _Pragma("GCC unroll 4")
                for (int g = 0; g < G; g++) a[r][to[g]] += x_k * w_k[g];
            }
        }
    }

    static Vec<float> from_half(const uint16_t *v) {
#ifdef VECTOR_HALF
        return VECTOR_HALF(v);
#else
        return Vec<float>{}; // of cells without such a table
#endif
    }
    // Where a token's sums start.
    static void start(const Cell &cell, Row &row, int64_t id) {
        row.start = cell.start + id * cell.row;
        row.start_16 = cell.table_16 ? cell.table_16 + id * cell.row : nullptr;
    }

    // The bytes that so many numbers take in eight bits.
    static int64_t bytes(int64_t depth) { return (depth + 15) / 16 * 16; }
    static int64_t bytes(const Cell &cell) {
        return cell.scale ? bytes(cell.I) + (cell.Q_h ? bytes(cell.H) : 0) : 0;
    }

#ifdef VECTOR_DOT
    static Vec<float> larger(Vec<float> most, const float *v, int64_t n) {
        for (int64_t k = 0; k < n; k += VL) {
            const Vec<float> v_k = load_some(v + k, n - k);
            const Vec<float> size = v_k < 0.0f ? -v_k : v_k;
            most = size > most ? size : most;
        }
        return most;
    }
    static void round_to(uint8_t *to, const float *v, int64_t n, float factor) {
        typedef uint8_t Bytes __attribute__((vector_size(VL)));
        for (int64_t k = 0; k < n; k += VL) {
            const Vec<float> v_k = load_some(v + k, n - k) * factor + 128.5f;
            const Vec<int32_t> whole = __builtin_convertvector(v_k, Vec<int32_t>);
            const Bytes b_k = __builtin_convertvector(whole, Bytes);
            __builtin_memcpy(to + k, &b_k, sizeof b_k);
        }
    }
    // What a step reads, in eight bits.
    static void shorten(const Cell &cell, Row &row) {
        Vec<float> most = larger(Vec<float>{}, row.x, cell.I);
        if (cell.Q_h) most = larger(most, row.h, cell.H);
        const float largest = VECTOR_LARGEST(most);
        row.unit = largest / 127.0f;
        const float factor = largest > 0 ? 127.0f / largest : 0.0f;
        round_to(row.short_8, row.x, cell.I, factor);
        if (cell.Q_h) round_to(row.short_8 + bytes(cell.I), row.h, cell.H, factor);
    }

    // Products of eight bits, four features at a time.
    template <int N, int G>
    static inline __attribute__((always_inline)) void add_8(
        Vec<int32_t> (&a)[N][4], const uint8_t *const (&from)[N], int64_t depth, const int8_t *w,
        const int (&to)[4]) {
        for (int64_t k = 0; k < depth; k += 4, w += G * BLOCK * 4) {
            Vec<int8_t> w_k[G];
            _Pragma("GCC unroll 4")
            for (int g = 0; g < G; g++) w_k[g] = load(w + g * BLOCK * 4);
            _Pragma("GCC unroll 8")
            for (int r = 0; r < N; r++) {
                int32_t four;
                __builtin_memcpy(&four, from[r] + k, sizeof four);
                const Vec<int32_t> x_k = all(four);
                _Pragma("GCC unroll 4")
                for (int g = 0; g < G; g++) a[r][to[g]] = VECTOR_DOT(a[r][to[g]], x_k, w_k[g]);
            }
        }
    }

    // Adds what block j's products of eight bits come to.
    template <int KIND, int N, int G>
    static inline __attribute__((always_inline)) void add_short(
        Vec<float> (&a)[N][4], const Cell &cell, const Row *rows, int64_t j,
        const int (&into_x)[4], const int (&into_h)[4]) {
        Vec<int32_t> sums[N][4];
        for (int r = 0; r < N; r++)
            for (int g = 0; g < 4; g++) sums[r][g] = Vec<int32_t>{};
        for (int g = 0; g < G; g++) {
            const int64_t at = (j * G + g) * BLOCK;
            if (cell.I)
                for (int r = 0; r < N; r++) sums[r][into_x[g]] += load(cell.offset_x + at);
            if (KIND != 4)
                for (int r = 0; r < N; r++) sums[r][into_h[g]] += load(cell.offset_h + at);
        }
        const uint8_t *from[N];
        for (int r = 0; r < N; r++) from[r] = rows[r].short_8;
        const int64_t fours = (cell.I + 3) / 4 * 4;
        add_8<N, G>(sums, from, cell.I, cell.Q_x + j * fours * G * BLOCK, into_x);
        for (int r = 0; r < N; r++) from[r] += bytes(cell.I);
        if (KIND != 4)
            add_8<N, G>(sums, from, cell.H, cell.Q_h + j * cell.H * G * BLOCK, into_h);
        for (int g = 0; g < 4; g++) {
            const int gate = g < G ? g : G - 1; // a GRU's fourth sum is of its third gate
            const Vec<float> scale = load(cell.scale + (j * G + gate) * BLOCK);
            for (int r = 0; r < N; r++)
                a[r][g] += __builtin_convertvector(sums[r][g], Vec<float>) * (scale * rows[r].unit);
        }
    }
#endif

    static void emit(const Row &row, int64_t u, Vec<float> h, int64_t pooling) {
        store(row.h_new + u, h);
        if (row.y) store(row.y + u, h);
        if (!row.pool || !pooling) return;
        const Vec<float> p = load(row.pool + u);
        store(row.pool + u, pooling == 1 ? p + h : (p > h ? p : h));
    }

    template <int KIND>
    static Vec<float> activate(Vec<float> s) {
        if (KIND == 2) return tanh(s);
        if (KIND == 3) return s < 0.0f ? Vec<float>{} : s; // a NaN stays one
        return s;
    }

    // Block j of N sequences.
    template <int KIND, int N, bool SHORT>
    static void tile(const Cell &cell, const Row *rows, int64_t j, int64_t pooling) {
        constexpr int G = KIND == 1 ? 3 : 4;
        static constexpr int into_x[4] = {0, 1, 2, 3}, into_h[4] = {0, 1, KIND == 1 ? 3 : 2, 3};
        const float *x[N], *h[N];
        for (int r = 0; r < N; r++) x[r] = rows[r].x, h[r] = rows[r].h;
        for (int64_t lane = 0; lane < BLOCK; lane += VL) {
            Vec<float> a[N][4];
            for (int r = 0; r < N; r++) {
                for (int g = 0; g < G; g++)
                    a[r][g] = SHORT && rows[r].start_16
                                  ? from_half(rows[r].start_16 + (j * G + g) * BLOCK)
                                  : load(rows[r].start + (j * G + g) * BLOCK + lane);
                if (KIND == 1) a[r][3] = load(cell.b_n + j * BLOCK + lane);
            }
#ifdef VECTOR_DOT
            static_assert(VL == BLOCK);
            if (SHORT) add_short<KIND, N, G>(a, cell, rows, j, into_x, into_h);
#endif
            if (cell.I && !SHORT)
                add<N, G>(a, x, cell.I, cell.W_x + j * cell.I * G * BLOCK + lane, into_x);
            if (KIND != 4 && !SHORT)
                add<N, G>(a, h, cell.H, cell.W_h + j * cell.H * G * BLOCK + lane, into_h);
            for (int r = 0; r < N; r++) {
                const Row &row = rows[r];
                const int64_t u = j * BLOCK + lane;
                if (KIND == 0) {
                    const Vec<float> c = sigmoid(a[r][1]) * load(row.c + u) +
                                         sigmoid(a[r][0]) * tanh(a[r][2]);
                    store(row.c_new + u, c);
                    emit(row, u, sigmoid(a[r][3]) * tanh(c), pooling);
                } else if (KIND == 1) {
                    const Vec<float> z = sigmoid(a[r][1]);
                    const Vec<float> n = tanh(a[r][2] + sigmoid(a[r][0]) * a[r][3]);
                    emit(row, u, n + z * (load(row.h + u) - n), pooling);
                } else {
                    for (int g = 0; g < 4; g++) {
                        const Vec<float> s = a[r][g];
                        const Vec<float> y = activate<KIND>(s);
                        emit(row, (j * 4 + g) * BLOCK + lane, y, pooling);
                    }
                }
            }
        }
    }

    // Some blocks of any number of sequences, in tiles of ROWS and a smaller one.
    template <int KIND, bool SHORT, int N = ROWS>
    static void few(const Cell &cell, const Row *rows, int64_t n, int64_t j, int64_t pooling) {
        if constexpr (N > 0) {
            if (n < N) return few<KIND, SHORT, N - 1>(cell, rows, n, j, pooling);
            tile<KIND, N, SHORT>(cell, rows, j, pooling);
        }
    }
    template <int KIND, bool SHORT = false>
    static void some(const Cell &cell, const Row *rows, int64_t n, int64_t j, int64_t end,
                     int64_t pooling) {
#ifdef VECTOR_DOT
        if (!SHORT && cell.scale) return some<KIND, true>(cell, rows, n, j, end, pooling);
#endif
        for (; j < end; j++)
            for (int64_t r = 0; r < n; r += ROWS)
                few<KIND, SHORT>(cell, rows + r, n - r, j, pooling);
    }
    static void blocks(const Cell &cell, const Row *rows, int64_t n, int64_t j, int64_t end,
                       int64_t pooling) {
        switch (cell.kind) {
        case 0: return some<0>(cell, rows, n, j, end, pooling);
        case 1: return some<1>(cell, rows, n, j, end, pooling);
        case 2: return some<2>(cell, rows, n, j, end, pooling);
        case 3: return some<3>(cell, rows, n, j, end, pooling);
        default: return some<4>(cell, rows, n, j, end, pooling);
        }
    }
    // Gives the rows what they need of a buffer for eight bits.
    static void prepare(const Cell &cell, std::vector<Row> &rows, Buffer<uint8_t> &memory) {
#ifdef VECTOR_DOT
        for (size_t r = 0; cell.scale && r < rows.size(); r++) {
            rows[r].short_8 = memory.data + r * bytes(cell);
            shorten(cell, rows[r]);
        }
#endif
    }
    static int64_t count(const Cell &cell) {
        return cell.H / (cell.kind > 1 ? 4 * BLOCK : BLOCK);
    }

    // Sequences are taken as places become free, so that no place stands empty beside a longer one.
    static void direction(const Reading &p, int64_t d, int64_t places, std::atomic<int64_t> &next) {
        const Cell &cell = p.cells[d];
        const int64_t H = cell.H, D = p.directions * H, way = d ? -1 : 1;
        Buffer<float> memory(places * 3 * H);
        Buffer<uint8_t> memory_8(places * bytes(cell));
        std::vector<Row> rows;
        const auto place = [&](Row &row) {
            start(cell, row, cell.row ? p.ids[row.at] : 0);
            row.x = p.x ? p.x + (p.by_id ? p.ids[row.at] : row.at) * cell.I : nullptr;
            row.y = p.y ? p.y + row.at * D + d * H : nullptr;
            if (!cell.row || row.left < 2) return;
            Row coming{};
            start(cell, coming, p.ids[row.at + way]);
            if (coming.start_16)
                for (int64_t u = 0; u < cell.row; u += 32) __builtin_prefetch(coming.start_16 + u);
            else
                for (int64_t u = 0; u < cell.row; u += 16) __builtin_prefetch(coming.start + u);
        };
        const auto take = [&](Row &row, float *h, float *h_new, float *c) {
            for (int64_t id; (id = next.fetch_add(1)) < p.B;) {
                if (!p.lengths[id]) continue;
                row.id = id;
                row.left = p.lengths[id];
                row.at = p.first[id] + (d ? row.left - 1 : 0);
                row.h = h, row.h_new = h_new, row.c = row.c_new = c;
                const float *state = p.before ? p.before + (id * p.directions + d) * 2 * H : nullptr;
                if (state) std::copy(state, state + H, h), std::copy(state + H, state + 2 * H, c);
                else std::fill(h, h + H, 0.0f), std::fill(c, c + H, 0.0f);
                row.pool = p.pooled + id * D + d * H;
                if (p.pooling == 2) std::fill(row.pool, row.pool + H, -__builtin_inff());
                place(row);
                return true;
            }
            return false;
        };
        for (int64_t n = 0; n < places; n++) {
            Row row;
            float *m = memory.data + n * 3 * H;
            if (!take(row, m, m + H, m + 2 * H)) break;
            rows.push_back(row);
        }
        while (!rows.empty()) {
            prepare(cell, rows, memory_8);
            blocks(cell, rows.data(), rows.size(), 0, count(cell), p.pooling);
            for (size_t r = 0; r < rows.size();) {
                Row &row = rows[r];
                float *before = const_cast<float *>(row.h);
                row.h = row.h_new, row.h_new = before, row.at += way;
                if (--row.left) {
                    place(row);
                    r++;
                    continue;
                }
                if (!p.pooling) std::copy(row.h, row.h + H, row.pool);
                if (p.after) {
                    float *state = p.after + (row.id * p.directions + d) * 2 * H;
                    std::copy(row.h, row.h + H, state), std::copy(row.c, row.c + H, state + H);
                }
                if (take(row, before, const_cast<float *>(row.h), row.c_new)) {
                    r++;
                } else {
                    row = rows.back();
                    rows.pop_back();
                }
            }
        }
    }

    static void read(const Reading &p) {
        std::atomic<int64_t> next[2] = {{0}, {0}};
        const int64_t each = (p.B * p.directions + p.threads - 1) / p.threads;
        const int64_t places = std::max<int64_t>(1, std::min<int64_t>(4 * ROWS, each));
        Crew::own()->run(p.threads, [&](int64_t thread, int64_t) {
            for (int64_t k = 0; k < p.directions; k++) {
                const int64_t d = (thread + k) % p.directions;
                direction(p, d, places, next[d]);
            }
        });
    }

    static void multiply(const Product &p) {
        const Cell &cell = *p.cell;
        std::atomic<int64_t> next{0};
        Crew::own()->run(p.threads, [&](int64_t, int64_t) {
            for (int64_t first; (first = next.fetch_add(MANY)) < p.rows;) {
                Row rows[MANY] = {};
                const int64_t n = std::min(MANY, p.rows - first);
                for (int64_t r = 0; r < n; r++) {
                    rows[r].start = cell.start;
                    rows[r].x = p.x + (first + r) * cell.I;
                    rows[r].h_new = p.y + (first + r) * cell.H;
                }
                blocks(cell, rows, n, 0, count(cell), 0);
            }
        });
    }

    static bool fits(const Step &p) {
        for (int64_t b = 0; b < p.B; b++) {
            if (p.lengths[b] < 1 || p.lengths[b] > p.T) return false;
            for (int64_t t = 0; t < p.lengths[b]; t++)
                if (p.ids[t * p.B + b] < 0 || p.ids[t * p.B + b] >= p.V) return false;
        }
        return true;
    }

    // Sequences that have a step t, as a layer reads and writes them.
    static void layer_rows(const Step &p, int64_t t, int64_t l, std::vector<Row> &rows) {
        const Cell &cell = p.cells[l];
        const int64_t H = p.cells[0].H, part = p.B * H;
        const float *before = t % 2 ? p.after : p.before;
        float *after = t % 2 ? p.before : p.after;
        for (int64_t b = 0; b < p.B; b++) {
            if (p.lengths[b] <= t) continue;
            const int64_t id = p.ids[t * p.B + b], at = 2 * l * part + b * H;
            Row row{};
            start(cell, row, id);
            if (l) row.x = after + at - 2 * part;
            else if (p.x) row.x = p.x + id * cell.I;
            row.h = before + at, row.h_new = after + at;
            row.c = row.h + part, row.c_new = row.h_new + part;
            rows.push_back(row);
        }
    }

    // Sequences whose last step is t, as product n reads and writes them.
    static void product_rows(const Step &p, int64_t t, int64_t n, std::vector<Row> &rows) {
        const Cell &cell = p.cells[p.layers + n];
        const int64_t H = p.cells[0].H;
        const float *top = (t % 2 ? p.before : p.after) + 2 * (p.layers - 1) * p.B * H;
        for (int64_t b = 0; b < p.B; b++) {
            if (p.lengths[b] != t + 1) continue;
            Row row{};
            row.start = cell.start;
            row.x = n ? p.between + b * cell.I : top + b * H;
            row.h_new = (n == p.products - 1 ? p.logits : p.between) + b * cell.H;
            rows.push_back(row);
        }
    }

    static void step(const Step &p) {
        const int64_t H = p.cells[0].H, part = p.B * H;
        int64_t most = 0;
        for (int64_t l = 0; l < p.layers + p.products; l++)
            most = std::max(most, bytes(p.cells[l]));
        for (int64_t t = 0; t < p.T; t++) {
            std::deque<Stage> stages;
            for (int64_t l = 0; l < p.layers + p.products; l++)
                stages.emplace_back(count(p.cells[l]), p.threads);
            Crew::own()->run(p.threads, [&](int64_t thread, int64_t) {
                std::vector<Row> rows;
                Buffer<uint8_t> memory_8(p.B * most); // of each thread, which is as fast as sharing it
                for (int64_t l = 0; l < p.layers + p.products; l++) {
                    if (stages[l].over()) continue; // the others were faster
                    rows.clear();
                    if (l < p.layers) layer_rows(p, t, l, rows);
                    else product_rows(p, t, l - p.layers, rows);
                    if (rows.empty()) return;
                    prepare(p.cells[l], rows, memory_8);
                    stages[l].work(thread, [&](int64_t j) {
                        blocks(p.cells[l], rows.data(), rows.size(), j, j + 1, 0);
                    });
                }
            });
        }
        for (int64_t b = 0; b < p.B; b++)
            for (int64_t at = b * H; p.lengths[b] % 2 == 0 && at < 2 * p.layers * part; at += part)
                std::copy(p.before + at, p.before + at + H, p.after + at);
    }
};
