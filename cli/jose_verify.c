/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark jose verify: whether a signature holds, for checks that others agree. No realm, no claim, no time: what
 * passes here is signed, and nothing more.
 */
#include "cli/jose.h"
#include "cli/terminal.h"
#include "cli/token_argument.h"
#include "engine/file.h"
#include "lib/base/limits.h"
#include "lib/codec/json.h"
#include "lib/jose/jwk.h"
#include "lib/jose/jwks.h"
#include "lib/token/compact.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Members of a JWK or a header; more than any on record have. */
#define MEMBERS_MAX 64

/* Reading a key takes no more scratch than its text four times: unescaped, respelled, decoded and digested. */
#define KEY_SCRATCH_LEN(text_len) ((text_len) * 4 + 4096)

struct options {
	const char *key;  /* a file, or a JWK itself */
	const char *jwks; /* a file */
	const struct mm_algorithm *algorithm;
	const char *jws;
};

/* The document of keys: a JWK or a set, and what its keys are read into. */
struct keys {
	struct mm_slice text;
	char *owned;
	struct mm_json_value single; /* absent: a set */
	struct mm_jwks set;
	struct mm_scratch scratch;
};

/* The JWS in its parts, and what its header says. */
struct jws {
	struct mm_token_argument argument;
	struct mm_compact parts;
	struct mm_scratch scratch;
	struct mm_slice kid; /* absent: none */
	const struct mm_algorithm *algorithm;
};

/* The key that is meant. */
struct choice {
	size_t fitting;
	enum mm_jwk_fault fault;
	struct mm_jwk jwk;
};

static struct mm_json_names names;

/* Say why the JWS is not taken; kid may be absent. */
static int
refuse(const char *text, struct mm_slice kid)
{
	fputs("mintmark jose: ", stderr);
	if (mm_slice_present(kid)) {
		fputs("key '", stderr);
		mm_terminal_put(stderr, kid, SIZE_MAX);
		fputs("': ", stderr);
	}
	fprintf(stderr, "%s\n", text);
	return MM_EXIT_DENIED;
}

/* Say why a file of keys cannot be read. */
static int
refuse_file(const char *path, const char *text)
{
	fputs("mintmark jose: ", stderr);
	mm_terminal_put_str(stderr, path);
	fprintf(stderr, ": %s\n", text);
	return MM_EXIT_USAGE;
}

/* ---- the command line ---- */

static int
take_option(const struct mm_command *command, int option, char **argv, struct options *options)
{
	switch (option) {
	case 'k':
		options->key = optarg;
		return MM_EXIT_DONE;
	case 'j':
		options->jwks = optarg;
		return MM_EXIT_DONE;
	case 'a':
		options->algorithm = mm_algorithm_find(mm_slice_str(optarg));
		if (options->algorithm == NULL)
			return mm_command_usage_error(command, "'%s' is no algorithm that is accepted here", optarg);
		return MM_EXIT_DONE;
	default:
		return mm_command_option_error(command, option, argv);
	}
}

static int
read_options(const struct mm_command *command, int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "jwks", required_argument, NULL, 'j' },
		{ "alg", required_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 },
	};
	int option, status;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
		status = take_option(command, option, argv, options);
		if (status != MM_EXIT_DONE)
			return status;
	}
	if ((options->key == NULL) == (options->jwks == NULL))
		return mm_command_usage_error(command, "either --key or --jwks is needed");
	if (optind != argc - 1)
		return mm_command_usage_error(command, "one JWS is needed, or '-' for standard input");
	options->jws = argv[optind];
	return MM_EXIT_DONE;
}

/* ---- the keys ---- */

static int
read_file(const char *path, struct keys *keys)
{
	size_t len;

	keys->owned = mm_file_read(AT_FDCWD, path, MM_DOCUMENT_LEN_MAX, &len);
	if (keys->owned == NULL)
		return refuse_file(path, mm_file_failure_text(errno));
	keys->text = mm_slice(keys->owned, len);
	return MM_EXIT_DONE;
}

static enum mm_reason
scan_keys(struct keys *keys, bool is_set, struct mm_json_fault *fault)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	struct mm_slice object = mm_jose_without_space(keys->text);

	if (is_set)
		return mm_jwks_scan(keys->text, &names, &keys->set, fault);
	keys->single = (struct mm_json_value){ object, MM_JSON_OBJECT, false };
	return mm_json_scan(object, &names, &index, fault);
}

static int
load_keys(const struct options *options, struct keys *keys)
{
	const char *name = options->key != NULL ? options->key : options->jwks;
	size_t room_len;
	struct mm_json_fault fault;
	char *room;

	if (options->key != NULL && mm_jose_is_literal(name)) {
		keys->text = mm_slice_str(name);
		name = "--key";
	} else if (read_file(name, keys) != MM_EXIT_DONE) {
		return MM_EXIT_USAGE;
	}
	if (scan_keys(keys, options->jwks != NULL, &fault) != MM_OK)
		return refuse_file(name, fault.text);
	room_len = KEY_SCRATCH_LEN(keys->text.len);
	room = (char *)malloc(room_len);
	if (room == NULL)
		return refuse_file(name, strerror(ENOMEM));
	mm_scratch_init(&keys->scratch, room, room_len);
	return MM_EXIT_DONE;
}

static void
clear_keys(struct keys *keys)
{
	free(keys->scratch.base);
	free(keys->owned);
}

/* ---- the JWS ---- */

/*
 * RFC 7515 section 4.1.11 wants a crit that is not understood refused, and none is understood; b64 (RFC 7797)
 * changes what is signed. Members that offer keys are let stand: the key is the caller's.
 */
static const char *
read_header(struct jws *jws)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	struct mm_json_value kid;
	struct mm_slice alg;

	if (mm_json_scan(jws->parts.header, &names, &index, NULL) != MM_OK)
		return "the header is not a strict JSON object";
	if (mm_json_find(&index, "crit").type != MM_JSON_ABSENT || mm_json_find(&index, "b64").type != MM_JSON_ABSENT)
		return "the header has 'crit' or 'b64', which are never accepted";
	if (!mm_json_string(mm_json_find(&index, "alg"), &jws->scratch, &alg))
		return "the header names no algorithm";
	jws->algorithm = mm_algorithm_find(alg);
	if (jws->algorithm == NULL)
		return "the header's algorithm is not accepted here; 'none' and HMAC never are";
	kid = mm_json_find(&index, "kid");
	if (kid.type != MM_JSON_ABSENT && !mm_json_string(kid, &jws->scratch, &jws->kid))
		return "the header's 'kid' is not a string";
	return NULL;
}

static int
read_jws(const char *argument, struct jws *jws)
{
	enum mm_reason reason;
	const char *fault;
	size_t room_len;
	char *room;

	if (!mm_token_argument_read(&jws->argument, argument, MM_TOKEN_LEN_MAX))
		return refuse_file("standard input", strerror(errno));
	/* The parts, and the header's strings unescaped. */
	room_len = MM_COMPACT_ROOM(jws->argument.text.len) + jws->argument.text.len;
	room = (char *)malloc(room_len);
	if (room == NULL)
		return refuse(strerror(ENOMEM), MM_SLICE_ABSENT);
	mm_scratch_init(&jws->scratch, room, room_len);
	reason = mm_compact_split(jws->argument.text, &jws->scratch, &jws->parts);
	if (reason != MM_OK)
		return refuse(reason == MM_TOKEN_TOO_LARGE ? "the JWS is longer than 16 KiB" :
		    "this is not a JWS in its compact serialization", MM_SLICE_ABSENT);
	fault = read_header(jws);
	return fault == NULL ? MM_EXIT_DONE : refuse(fault, MM_SLICE_ABSENT);
}

static void
clear_jws(struct jws *jws)
{
	free(jws->scratch.base);
	mm_token_argument_clear(&jws->argument);
}

/* ---- which key, which algorithm ---- */

/* The only element of an array; absent where there are none or several. */
static struct mm_json_value
only_element(struct mm_json_value array)
{
	struct mm_json_value only, another;
	size_t position = 0;

	if (mm_json_next(array, &position, &only) && !mm_json_next(array, &position, &another))
		return only;
	return (struct mm_json_value){ MM_SLICE_ABSENT, MM_JSON_ABSENT, false };
}

/* Read one key of a set and remember it where it is the one that is meant. */
static void
consider(struct keys *keys, struct mm_json_value object, struct mm_slice kid, struct choice *choice)
{
	size_t used = keys->scratch.used;
	struct mm_jwk jwk;
	enum mm_jwk_fault fault = mm_jwk_parse(object, &keys->scratch, &jwk);
	bool is_named = !mm_slice_present(kid) || mm_slice_equal(jwk.kid, kid);

	if (is_named && mm_jwk_fault_class(fault) != MM_JWK_CLASS_SKIP) {
		choice->fitting++;
		choice->fault = fault;
		if (fault == MM_JWK_GOOD) {
			choice->jwk = jwk;
			return;
		}
	}
	keys->scratch.used = used;
}

static int
choose_of_set(struct keys *keys, struct mm_slice kid, struct choice *choice)
{
	struct mm_json_value object;
	size_t position = 0;

	while (mm_json_next(keys->set.keys, &position, &object))
		consider(keys, object, kid, choice);
	if (choice->fitting == 0)
		return refuse("the set has no such key that can verify", kid);
	if (choice->fitting > 1)
		return refuse(mm_slice_present(kid) ? "several keys of the set have this 'kid'" :
		    "the header names none of the set's keys", kid);
	if (choice->fault != MM_JWK_GOOD)
		return refuse(mm_jwk_fault_text(choice->fault), kid);
	return MM_EXIT_DONE;
}

/* The only key, whatever its kid, or the one of the set that the header's kid names. */
static int
choose_key(struct keys *keys, const struct jws *jws, struct choice *choice)
{
	struct mm_json_value only = keys->single;

	if (only.type == MM_JSON_ABSENT)
		only = only_element(keys->set.keys);
	if (only.type == MM_JSON_ABSENT)
		return choose_of_set(keys, jws->kid, choice);
	choice->fault = mm_jwk_parse(only, &keys->scratch, &choice->jwk);
	if (choice->fault != MM_JWK_GOOD)
		return refuse(mm_jwk_fault_text(choice->fault), choice->jwk.kid);
	return MM_EXIT_DONE;
}

/*
 * The algorithm is the key's, never the JWS's: what the key states; else what the caller states; else the one
 * scheme that its curve has, under either of its names.
 */
static int
choose_algorithm(const struct mm_command *command, const struct options *options, const struct jws *jws,
    const struct mm_jwk *jwk, const struct mm_algorithm **algorithm)
{
	*algorithm = jwk->algorithm != NULL ? jwk->algorithm : options->algorithm;
	if (*algorithm == NULL) {
		if (jwk->material.type == MM_KEY_RSA)
			return mm_command_usage_error(command,
			    "the key states no algorithm, and several fit: --alg is needed (the header says %s)",
			    jws->algorithm->name);
		*algorithm = jws->algorithm;
	}
	if (options->algorithm != NULL && options->algorithm != *algorithm)
		return refuse("the key states another algorithm than --alg", jwk->kid);
	if (!mm_algorithm_fits(*algorithm, jwk->material.type, jwk->material.curve))
		return refuse("the algorithm does not go with the key", jwk->kid);
	if (jws->algorithm != *algorithm)
		return refuse("the header names another algorithm than the key's", jwk->kid);
	return MM_EXIT_DONE;
}

/* ---- the signature ---- */

static int
verify_signature(const struct jws *jws, const struct mm_jwk *jwk, const struct mm_algorithm *algorithm)
{
	struct mm_verifier *verifier = mm_verifier_new();
	struct mm_public_key *key = NULL;
	enum mm_key_fault fault = mm_public_key_new(&jwk->material, algorithm->scheme, algorithm->hash, &key);
	enum mm_reason reason = MM_INTERNAL;

	if (verifier != NULL && fault == MM_KEY_GOOD)
		reason = mm_public_key_verify(key, verifier, jws->parts.signed_input, jws->parts.signature);
	mm_public_key_free(&key);
	mm_verifier_free(&verifier);
	if (fault != MM_KEY_GOOD)
		return refuse(mm_key_fault_text(fault), jwk->kid);
	if (reason != MM_OK)
		return refuse(reason == MM_SIGNATURE_INVALID ? "the signature does not hold" :
		    "the signature could not be looked at", jwk->kid);
	return MM_EXIT_DONE;
}

static int
verify_with_key(const struct mm_command *command, const struct options *options, const struct jws *jws,
    const struct mm_jwk *jwk)
{
	const struct mm_algorithm *algorithm;
	int status;

	if (jwk->revoked)
		return refuse("the key is revoked", jwk->kid);
	status = choose_algorithm(command, options, jws, jwk, &algorithm);
	if (status == MM_EXIT_DONE)
		status = verify_signature(jws, jwk, algorithm);
	if (status == MM_EXIT_DONE)
		fwrite(jws->parts.payload.ptr, 1, jws->parts.payload.len, stdout);
	return status;
}

static int
verify(const struct mm_command *command, const struct options *options)
{
	struct keys keys = { .single = { MM_SLICE_ABSENT, MM_JSON_ABSENT, false } };
	struct jws jws = { .kid = MM_SLICE_ABSENT };
	struct choice choice = { .fitting = 0 };
	int status = load_keys(options, &keys);

	if (status == MM_EXIT_DONE)
		status = read_jws(options->jws, &jws);
	if (status == MM_EXIT_DONE)
		status = choose_key(&keys, &jws, &choice);
	if (status == MM_EXIT_DONE)
		status = verify_with_key(command, options, &jws, &choice.jwk);
	clear_jws(&jws);
	clear_keys(&keys);
	return status;
}

int
mm_jose_verify(const struct mm_command *command, int argc, char **argv)
{
	struct options options = { NULL, NULL, NULL, NULL };
	int status = read_options(command, argc, argv, &options);

	return status == MM_EXIT_DONE ? verify(command, &options) : status;
}
