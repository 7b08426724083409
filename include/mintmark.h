/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmintmark: decide whether a sign-in token may open what it asks for.
 *
 * One function decides, mm_decide(). It needs an immutable trust snapshot (trust.h), a request
 * and a place for the result (decide.h), and answers with a verdict that only mm_allowed() reads.
 * The library opens no file and no socket, starts no thread, reads no clock and no environment:
 * bytes and time are parameters, so any decision can be made again exactly as it was.
 *
 * Threads: a struct mm_trust never changes after it was loaded and may be shared by any number of
 * threads without locks; a struct mm_cache and a struct mm_replay_store may be shared too, and lock by themselves;
 * so may a struct mm_proof while nobody feeds it.
 * Everything else belongs to one thread at a time.
 */
#ifndef MINTMARK_H
#define MINTMARK_H

#include <mintmark/cache.h>
#include <mintmark/decide.h>
#include <mintmark/evidence.h>
#include <mintmark/inspect.h>
#include <mintmark/jwe.h>
#include <mintmark/proof.h>
#include <mintmark/reason.h>
#include <mintmark/slice.h>
#include <mintmark/trust.h>
#include <mintmark/version.h>

#endif
