/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attack table (attacks.tsv) shown to one face of Mintmark: the library, the command or the gate.
 * attacks.c reads and judges, a face asks.
 */
#ifndef TEST_VECTORS_ATTACKS_H
#define TEST_VECTORS_ATTACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct attack_case {
	int line;
	const char *row, *world, *service, *mailbox, *reason, *recipe; /* mailbox NULL: none is named */
};

/* What the face said. The reason may come only when the world is closed. */
struct attack_answer {
	bool asked, allowed;
	char reason[40];
};

/* Where a face finds its world. */
struct attack_world {
	const char *dir, *name;
	char config_path[256];
	int64_t now_s; /* of tokens and decision, where the face can choose it */
	struct attack_answer *answers; /* one a case, by its number */
};

struct attack_face {
	const char *name;
	bool chooses_time; /* it decides at the time it is told; else by the real clock */
	const char *listen; /* for the world's configurations; NULL: none beside the socket */

	/* Start with a world's configuration. Returns false where it refuses it; *alarms is set to whether it told any. */
	bool (*open)(struct attack_world *world, bool *alarms);
	/* Show it a token; the answer goes to world->answers[number]. */
	void (*ask)(struct attack_world *world, size_t number, const struct attack_case *one, const char *token);
	/* Stop, and complete the answers. */
	void (*close)(struct attack_world *world);
};

/* The face this program was built with. */
extern const struct attack_face attack_face;

/* Say it and end the program as failed. */
_Noreturn void attack_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Copy a text into a fixed field, cut to fit. */
void attack_copy(char *field, size_t size, const char *text, size_t len);

/* Find "name": "…" in a line of JSON that Mintmark wrote; false where there is none. Only for words without escapes. */
bool attack_json_word(const char *json, const char *name, char *word, size_t size);

#endif
