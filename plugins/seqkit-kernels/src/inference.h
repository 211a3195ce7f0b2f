// What the compiled library offers to predict with; seqkit_kernels/packed.py declares the same.
//
// Units stand in blocks of BLOCK, padded with zeros; a block's G gates stand side by side, so that
// weights are (blocks, depth, G, BLOCK) and rows of gates' sums (blocks, G, BLOCK). "-" marks what
// may be null.
#pragma once

#include <stdint.h>

constexpr int64_t BLOCK = 16;

// One cell. Kinds: 0 LSTM, 1 GRU with reset after the product, 2 RNN with tanh, 3 with relu, 4 a
// product alone. An RNN's and a product's four "gates" are neighbouring blocks of units.
//
// Weights of eight bits are (blocks, depth / 4, G, BLOCK, 4), the depth rounded up to fours. What they
// multiply is rounded too, to 128 + 127 times its share of the largest number of its step; offset
// makes up for the 128.
struct Cell {
    int64_t kind, I, H;  // features in; units, padded
    const float *W_x;    // (blocks, I, G, BLOCK)
    const float *W_h;    // (blocks, H, G, BLOCK) -
    const float *start;  // what the sums begin with: (blocks, G, BLOCK), or a table of such rows
    int64_t row;         // numbers from one row of the table to the next; 0 where there is none
    const float *b_n;    // (H,): a GRU's bias within the reset
    const int8_t *Q_x;   // in place of W_x -
    const int8_t *Q_h;   // in place of W_h -
    const float *scale;  // (blocks, G, BLOCK): what 1 of those weights counts -
    const uint16_t *table_16; // rows of the table in half precision, in place of start -
    const int32_t *offset_x, *offset_h; // (blocks, G, BLOCK): -128 times the sum of a unit's weights -
};

// A layer over whole sequences, each to its own end; all rows of numbers are of one token each.
struct Reading {
    int64_t B, threads, directions;
    int64_t pooling;        // 0 the last h, 1 the sum of all, 2 the greatest
    int64_t by_id;          // whether a token's x is the row of its id, not of its own
    const int64_t *first;   // (B,), the number of a sequence's first token
    const int64_t *lengths; // (B,)
    const int32_t *ids;     // rows of the table
    const float *x;         // (tokens, I), or by id (V, I) - where I is 0
    float *y;               // (tokens, directions * H) -
    float *pooled;          // (B, directions * H)
    const float *before;    // (B, directions, 2, H): h and c that each begins with; zeros where null -
    float *after;           // the same at each end -
    Cell cells[2];          // forwards and backwards
};

// Steps of a stack of layers forwards, and products on top of it after each sequence's last.
struct Step {
    int64_t T, B, V, threads, layers;
    int64_t products;       // 1 or 2
    const int64_t *ids;     // (T, B), padding after each length
    const int64_t *lengths; // (B,), each in 1..T
    const float *x;         // (V, I) - where I of the first layer is 0
    float *before;          // (layers, 2, B, H): h and c; written over where T is above 1
    float *after;           // the same at each sequence's end
    float *between;         // (B, H of the first product) - where there is one product
    float *logits;          // (B, H of the last product)
    const Cell *cells;      // the layers, and then the products
};

// One product of many rows.
struct Product {
    int64_t rows, threads;
    const float *x;   // (rows, I)
    float *y;         // (rows, H)
    const Cell *cell; // of kind 4
};

extern "C" {
// Whether the processor multiplies numbers of eight bits; otherwise no cell may have such weights.
int seqkit_eight_bits();
void seqkit_read(const Reading *);
void seqkit_multiply(const Product *);
// Returns whether it was done: nothing is where a length or an id, which is to be in 0..V-1, is not.
int seqkit_step(const Step *);
}
