// Who does what: threads, their shares, and the memory that they work in.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <numeric>
#include <thread>
#include <vector>

#ifdef __SSE__
#include <xmmintrin.h>
#endif

#include "lstm.h"

// Memory that is not cleared unless asked for, for plain numbers and pointers.
template <typename V>
struct Buffer {
    V *data = nullptr;
    explicit Buffer(size_t count, bool cleared = false) {
        if (!count) return;
        const size_t bytes = (count * sizeof(V) + 63) / 64 * 64;
        data = static_cast<V *>(std::aligned_alloc(64, bytes));
        if (!data) throw std::bad_alloc();
        if (cleared) std::fill(data, data + count, V());
    }
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;
    ~Buffer() { std::free(data); }
};

// Takes numbers below what a normal float holds, 1e-38, for zero while it lives, in its thread. What
// comes back through hundreds of words becomes so small, and the processor computes with such
// numbers a hundred times as slowly.
class NoSubnormals {
#ifdef __SSE__
    const unsigned before = _mm_getcsr();

  public:
    NoSubnormals() { _mm_setcsr(before | 0x8040); } // flush results to zero, and operands
    ~NoSubnormals() { _mm_setcsr(before); }
#endif
};

// Run work(thread, threads) in each of several threads, this one among them.
template <typename Work>
void in_parallel(int64_t threads, Work work) {
    const auto run = [&](int64_t n) {
        NoSubnormals here;
        work(n, threads);
    };
    std::vector<std::thread> others;
    for (int64_t n = 1; n < threads; n++) others.emplace_back([&, n] { run(n); });
    run(0);
    for (std::thread &thread : others) thread.join();
}

// One thread's part: some of the sequences, longest first.
struct Share {
    size_t number;
    std::vector<int64_t> rows_;
    const int64_t *row;
    int64_t rows;
};

struct Plan {
    std::vector<Share> shares;

    explicit Plan(const LSTM &p) {
        std::vector<int64_t> order(p.B);
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
            return p.lengths[a] > p.lengths[b];
        });
        const int64_t threads = std::min(p.threads, std::max<int64_t>(1, p.B));
        for (int64_t n = 0; n < threads; n++) {
            Share share{};
            share.number = n;
            // dealt out, so that all have sequences of like lengths
            for (int64_t r = n; r < p.B; r += threads) share.rows_.push_back(order[r]);
            share.rows = share.rows_.size();
            shares.push_back(std::move(share));
        }
        for (Share &share : shares) share.row = share.rows_.data();
    }

    template <typename Work>
    void run(Work work) const {
        in_parallel(shares.size(), [&](int64_t n, int64_t) { work(shares[n]); });
    }
};

// What all threads share on the way back.
template <typename R>
struct Back {
    const R *W_hh, *W_hx; // packed columns
    R *dh, *dc;           // (B, H): the gradient that comes back to each sequence's state
    R *sums;              // each thread's gradients of W_hx^T, W_hh^T and b, one after the other
    int64_t sums_size;
};
