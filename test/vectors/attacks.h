/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attack table (attacks.tsv) shown to one face of Mintmark: the library, the command or the gate.
 * attacks.c reads and judges, a face asks.
 */
#ifndef TEST_VECTORS_ATTACKS_H
#define TEST_VECTORS_ATTACKS_H

#include "test/maker/proof.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ATTACK_CASES_MAX 1024

struct attack_case {
	int line;
	const char *row, *world, *service, *mailbox, *reason, *recipe; /* mailbox NULL: none is named */
	const char *proof;   /* what must prove that the token was issued; "": it is not said */
	const char *autopsy; /* what it must say; "": anything but a proof */
	const char *evidence; /* what is shown with the token; "": nothing */
	const char *state;    /* of the ledger, which only a running one has; "": as it should be */
};

/* A state of the ledger, and how it is brought about (attacks.tsv). */
struct attack_state {
	const char *name, *commands;
};

/* The request that evidence is of. */
#define ATTACK_METHOD "GET"
#define ATTACK_URL MAKER_PROOF_URL

/* The evidence of a case, made. All is NULL or empty where it has none. */
struct attack_shown {
	char *proof;              /* of DPoP, for the token and the request above */
	char *proof_before;       /* one that was shown, and accepted, before */
	char certificate_path[256];
	char thumbprint[44];      /* of the certificate, as 'x5t#S256' has it */
};

/* What the face said. The reason may come only when the world is closed. */
struct attack_answer {
	bool asked, allowed;
	char reason[64];
	char class[48];   /* what the caller was told, as in reasons.def; "": the face has no callers */
	char proof[20];   /* what proved that it was issued; "": the face does not say */
	char autopsy[20]; /* what it said: "none" is wanted, "noise", "lead", "proof issuer"; "": nobody asked it */
};

/* Where a face finds its world. */
struct attack_world {
	const char *dir, *name;
	char config_path[256];
	int64_t now_s;   /* of the token that is asked about, and of its decision where the face can choose that */
	uint32_t number; /* in its minute, that its jti says, of a mint's world */
	bool recorded;   /* whether the ledger has it on record */
	bool alarms;   /* whether it told any; known when it is closed */
	struct attack_answer *answers; /* one a case, by its number */
};

struct attack_face {
	const char *name;
	bool chooses_time; /* it decides at the time it is told; else by the real clock */
	bool forgets_proofs; /* it cannot tell that a proof was used before, and says so */
	bool proves; /* it has what proves that tokens of mints were issued */
	/* An address for the world's configurations to listen on; NULL: the face needs none. */
	const char *(*choose_listen)(void);
	/* Start with a world's configuration. Returns false where it refuses it. */
	bool (*open)(struct attack_world *world);
	/* Show it a token; the answer goes to world->answers[number]. */
	void (*ask)(struct attack_world *world, size_t number, const struct attack_case *one, const char *token,
	    const struct attack_shown *shown);
	/* Bring the ledger into a state, from whatever it was in; NULL: the face has no running ledger. */
	void (*enter)(struct attack_world *world, const struct attack_state *state);
	/* Stop, and complete the answers. */
	void (*close)(struct attack_world *world);
};

/* The face this program was built with. */
extern const struct attack_face attack_face;

/* Say it and end the program as failed. */
_Noreturn void attack_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Copy a text into a fixed field, cut to fit. */
void attack_copy(char *field, size_t size, const char *text, size_t len);

/* Find "name": "…" in a line of JSON that Mintmark wrote; false where there is none. For words without escapes. */
bool attack_json_word(const char *json, const char *name, char *word, size_t size);

/* Whether its realms are mints; "proven" demands that tokens prove to be issued, "minted" does not. */
bool attack_is_of_mints(const char *world);

/* The path of something in the build folder, written to whole and returned. */
#define ATTACK_PATH_MAX 512
const char *attack_built(char whole[ATTACK_PATH_MAX], const char *path);

/* Run a program with its standard output and error in one text; returns its exit status. */
int attack_run(const char *const argv[], char *output, size_t size);

#endif
