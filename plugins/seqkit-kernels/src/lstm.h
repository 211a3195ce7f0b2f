// What the compiled library offers; seqkit_kernels/compiled.py declares the same to Python.
#pragma once

#include <stdint.h>

// One LSTM layer in one direction over padded sequences. T steps, B sequences, I features in, H out.
// All arrays are contiguous and of one floating point type; "-" marks those that may be null.
struct LSTM {
    int64_t T, B, I, H;
    int64_t reverse;        // whether each sequence is read from its end to its first step
    int64_t threads;        // at least 1
    const int64_t *lengths; // (B,), each in 0..T
    const void *x;          // (T, B, I)
    const void *W_hx;       // (4*H, I), the rows of i, f, g, o
    const void *W_hh;       // (4*H, H)
    const void *b;          // (4*H,), the sum of both biases
    const void *h_0, *c_0;  // (B, H)
    void *y;                // (T, B, H), zeros beyond each length
    void *c;                // (T, B, H) -: each step's c, which the way back needs
    void *gates;            // (T, B, 4*H) -: each step's gates, likewise
    void *h_n, *c_n;        // (B, H), each sequence's state at its own end
    const void *dy;         // (T, B, H); from here on for the way back alone
    const void *dh_n, *dc_n; // (B, H)
    void *dx;               // (T, B, I) -
    void *da;               // (T, B, 4*H) -: the gradient of the gates' sums, where the caller
                            // makes dW_hx, dW_hh and db of it
    void *dW_hx, *dW_hh, *db; // as W_hx, W_hh, b; - where da is not
    void *dh_0, *dc_0;      // (B, H)
};

extern "C" {
void seqkit_lstm_forward_float(const LSTM *);
void seqkit_lstm_forward_double(const LSTM *);
void seqkit_lstm_backward_float(const LSTM *);
void seqkit_lstm_backward_double(const LSTM *);
// Compute with this level of instructions from now on, or with the best that the processor has: 0
// for what every one of its kind has, 1 for AVX2, 2 for AVX-512. Returns the level in use.
int seqkit_use_level(int);
}
