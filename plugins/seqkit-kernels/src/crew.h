// Threads that stay between calls, for work of microseconds.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include <pthread.h>
#ifdef __linux__
#include <sched.h>
#endif

#include "plan.h"

// Wait until done() for as long as it takes, or for so many turns. It spins for a few microseconds
// and then gives way at each turn, since the machine may have other work.
template <typename Done>
bool wait_until(Done done, int64_t turns = -1) {
    for (int64_t n = 0; n != turns; n++) {
        if (done()) return true;
        if (n > 100) std::this_thread::yield();
#ifdef __SSE__
        else _mm_pause();
#endif
    }
    return done();
}

// Threads that help one caller at a time. None waits for a helper that does not come: who comes too
// late finds the gate shut, so that a busy machine is no slower than a single thread.
class Crew {
    using Work = std::function<void(int64_t, int64_t)>;
    // About a millisecond, longer than a token's sampling takes: a thread that sleeps takes longer
    // to come back than a step of a small network takes.
    static constexpr int64_t AWAKE = 3000;
    static constexpr uint64_t OPEN = 1ull << 31; // above it the round's number, below who is inside

    std::mutex taken; // by the caller
    std::mutex bed;
    std::condition_variable bell;
    const Work *work = nullptr;
    int64_t threads = 1, members = 0;
    std::atomic<int> caller{-1}, asleep{0};
    std::atomic<uint64_t> gate{0};

    void help(int64_t number) {
        NoSubnormals here;
        for (uint64_t seen = 0;;) {
            uint64_t now = 0;
            const auto called = [&] {
                now = gate.load();
                return (now & OPEN) && now >> 32 != seen;
            };
            if (!wait_until(called, AWAKE)) {
                std::unique_lock<std::mutex> lock(bed);
                asleep++;
                bell.wait(lock, called);
                asleep--;
            }
            move_away();
            if (!gate.compare_exchange_strong(now, now + 1)) continue;
            seen = now >> 32;
            if (number < threads) (*work)(number, threads);
            gate.fetch_sub(1);
        }
    }

    // Leave the caller's core, where this thread only takes time from it.
    void move_away() {
#ifdef __linux__
        if (sched_getcpu() != caller) return;
        cpu_set_t cores;
        if (sched_getaffinity(0, sizeof cores, &cores) || CPU_COUNT(&cores) < 2) return;
        cpu_set_t others = cores;
        CPU_CLR(caller, &others);
        sched_setaffinity(0, sizeof others, &others);
        sched_setaffinity(0, sizeof cores, &cores);
#endif
    }

  public:
    // Run work(thread, threads) in this thread and in those of the others that come in time; in
    // threads of its own where another caller has the crew. The work must be whole without them.
    void run(int64_t wanted, const Work &wanted_work) {
        std::unique_lock<std::mutex> lock(taken, std::try_to_lock);
        if (wanted < 2 || !lock) return in_parallel(wanted, wanted_work);
        for (; members < wanted - 1; members++)
            std::thread(&Crew::help, this, members + 1).detach();
        work = &wanted_work;
        threads = wanted;
#ifdef __linux__
        caller = sched_getcpu();
#endif
        const uint64_t round = (gate.load() >> 32) + 1;
        gate = round << 32 | OPEN;
        if (asleep) {
            { std::lock_guard<std::mutex> wait(bed); }
            bell.notify_all();
        }
        NoSubnormals here;
        wanted_work(0, wanted);
        gate.fetch_and(~OPEN);
        wait_until([&] { return gate.load() == round << 32; });
    }

    // The process's own. It is never destroyed, for its threads end with the process; a process
    // that was forked off has none of them, and starts anew.
    static Crew *&own() {
        static Crew *crew = new Crew;
        static const int forks = pthread_atfork(nullptr, nullptr, [] { own() = new Crew; });
        (void)forks;
        return crew;
    }
};

// A stage of work in blocks: each thread has a share of them, which stays in its cache from one time
// to the next, and takes of the others' when it is done.
struct Stage {
    struct alignas(64) Count {
        std::atomic<int64_t> value{0};
    };
    const int64_t blocks;
    std::vector<Count> taken; // of each share
    Count done;

    Stage(int64_t blocks, int64_t threads) : blocks(blocks), taken(threads) {}

    // Do what is left of it, and wait until it is done.
    template <typename Work>
    void work(int64_t thread, Work block) {
        const int64_t threads = taken.size();
        for (int64_t k = 0; k < threads; k++) {
            const int64_t share = (thread + k) % threads;
            const int64_t first = blocks * share / threads, end = blocks * (share + 1) / threads;
            for (int64_t j; (j = first + taken[share].value.fetch_add(1)) < end;) {
                block(j);
                done.value.fetch_add(1, std::memory_order_release);
            }
        }
        wait_until([&] { return over(); });
    }
    bool over() const { return done.value.load(std::memory_order_acquire) == blocks; }
};
