/* SPDX-License-Identifier: Apache-2.0 */
/* Socket pairs between other processes. */
#include "daemon/mintmarkd/peers.h"

#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/log.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* mintmarkd looks once a second at the latest: statuses come so often. */
#define GIVEN_UP_PAUSE_MS 1000

/* How each process is told; MM_MESSAGE_COUNT: it has no peers. */
static enum mm_message_type
message_to(enum mm_process process)
{
	switch (process) {
	case MM_PROCESS_LEDGER:
		return MM_MESSAGE_LEDGER_PEER;
	case MM_PROCESS_SIGNER:
		return MM_MESSAGE_SIGNER_PEER;
	case MM_PROCESS_VERIFIER:
		return MM_MESSAGE_VERIFIER_PEER;
	case MM_PROCESS_ISSUER:
		return MM_MESSAGE_ISSUER_PEER;
	case MM_PROCESS_GATE:
		return MM_MESSAGE_GATE_PEER;
	default:
		return MM_MESSAGE_COUNT;
	}
}

void
mm_peers_add(struct mm_peers *peers, struct mm_keeper *a, uint16_t realm_a, struct mm_keeper *b, uint16_t realm_b)
{
	if (peers->count < MM_PEERS_MAX)
		peers->pairs[peers->count++] = (struct mm_peer_pair){ { { a, realm_a, 0 }, { b, realm_b, 0 } }, 0 };
}

void
mm_peers_remove(struct mm_peers *peers, const struct mm_keeper *keeper)
{
	size_t kept = 0;

	for (size_t i = 0; i < peers->count; i++) {
		const struct mm_peer *ends = peers->pairs[i].ends;

		if (ends[0].keeper != keeper && ends[1].keeper != keeper)
			peers->pairs[kept++] = peers->pairs[i];
	}
	peers->count = kept;
}

void
mm_peers_break(struct mm_peers *peers, const struct mm_keeper *keeper)
{
	for (size_t i = 0; i < peers->count; i++) {
		struct mm_peer *ends = peers->pairs[i].ends;

		if (ends[0].keeper == keeper || ends[1].keeper == keeper)
			ends[0].starts = ends[1].starts = 0;
	}
}

void
mm_peers_give_up(struct mm_peers *peers, const struct mm_keeper *keeper, enum mm_process process, uint16_t realm)
{
	bool is_ledger = keeper->role->process == MM_PROCESS_LEDGER;

	for (size_t i = 0; i < peers->count; i++) {
		struct mm_peer *ends = peers->pairs[i].ends;
		const struct mm_peer *other = ends[0].keeper == keeper ? &ends[1] : &ends[0];

		if ((ends[0].keeper != keeper && ends[1].keeper != keeper) ||
		    other->keeper->role->process != process || (is_ledger && other->realm != realm))
			continue;
		ends[0].starts = ends[1].starts = 0;
		peers->pairs[i].not_before_ms = mm_clock_ms() + GIVEN_UP_PAUSE_MS;
	}
}

static bool
is_joined(const struct mm_peer_pair *pair)
{
	return pair->ends[0].starts == pair->ends[0].keeper->starts &&
	    pair->ends[1].starts == pair->ends[1].keeper->starts;
}

/* Send a process its end, and who is at the other one. */
static void
hand(struct mm_peer *to, const struct mm_peer *other, int fd)
{
	const unsigned char payload[] = { (unsigned char)other->keeper->role->process,
		(unsigned char)(other->realm & 0xff), (unsigned char)(other->realm >> 8) };

	to->starts = to->keeper->starts;
	mm_keeper_send(to->keeper, message_to(to->keeper->role->process), payload, sizeof(payload), fd);
}

/*
 * Neither end waits: a process must not stand still because another does. The flag belongs to each end itself, and a
 * process in its sandbox may not be able to set it.
 */
static bool
join(struct mm_peer_pair *pair)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == -1)
		return false;
	hand(&pair->ends[0], &pair->ends[1], fds[0]);
	hand(&pair->ends[1], &pair->ends[0], fds[1]);
	close(fds[0]);
	close(fds[1]);
	return true;
}

void
mm_peers_join(struct mm_peers *peers)
{
	for (size_t i = 0; i < peers->count; i++) {
		struct mm_peer_pair *pair = &peers->pairs[i];

		if (is_joined(pair) || mm_clock_ms() < pair->not_before_ms ||
		    !mm_keeper_serves(pair->ends[0].keeper) || !mm_keeper_serves(pair->ends[1].keeper))
			continue;
		if (!join(pair) && mm_telling_bad(&peers->telling, mm_clock_ms()))
			mm_log(LOG_ALERT, "alarm: a socket pair between %s and %s: %s: it is tried again",
			    pair->ends[0].keeper->name, pair->ends[1].keeper->name, strerror(errno));
	}
}
