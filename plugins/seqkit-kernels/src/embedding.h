// What the compiled library offers for embeddings; seqkit_kernels/compiled.py declares the same.
#pragma once

#include <stdint.h>

// Vectors of ids, with dropout. The mask is not kept: it is drawn anew from its seed on the way
// back.
struct Embedding {
    int64_t N, V, E;       // ids, rows of the table, features
    int64_t masks;         // how many rows of the mask there are: that of id n is n modulo these
    int64_t threads;       // at least 1
    int64_t padding;       // the id whose row gets no gradient
    uint64_t seed;         // of the mask
    double drop;           // the share dropped, at least 0 and below 1
    const int64_t *ids;    // (N,), each in 0..V-1
    const void *weight;    // (V, E)
    void *y;               // (N, E)
    const void *dy;        // (N, E)
    void *dweight;         // (V, E), zeros, to which the gradient is added
};

extern "C" {
void seqkit_embedding_forward_float(const Embedding *);
void seqkit_embedding_forward_double(const Embedding *);
void seqkit_embedding_backward_float(const Embedding *);
void seqkit_embedding_backward_double(const Embedding *);
}
