/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark jose decrypt: a JWE's plaintext, for checks that others agree. What comes out proves nothing about who
 * encrypted it.
 */
#include "cli/jose.h"
#include "cli/terminal.h"
#include "cli/token_argument.h"
#include "engine/file.h"
#include "lib/base/limits.h"
#include "lib/base/scratch.h"
#include "lib/codec/base64url.h"
#include "lib/codec/json.h"
#include "lib/crypto/digest.h"

#include <mintmark/jwe.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A JWK file; mm_jwe_key_new() says what it takes of it. */
#define JWK_FILE_LEN_MAX ((size_t)1024 * 1024)

/* Members of the header or of a JWK; more than any on record have. */
#define MEMBERS_MAX 64

#define ALGORITHM_LEN_MAX 32

struct options {
	const char *key; /* a file, or a JWK itself */
	const char *algorithm;
	const char *jwe;
};

static int
refuse(const char *what, const char *text)
{
	fputs("mintmark jose: ", stderr);
	if (what != NULL) {
		mm_terminal_put_str(stderr, what);
		fputs(": ", stderr);
	}
	fprintf(stderr, "%s\n", text);
	return what == NULL ? MM_EXIT_DENIED : MM_EXIT_USAGE;
}

static int
read_options(const struct mm_command *command, int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "alg", required_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
		if (option == 'k')
			options->key = optarg;
		else if (option == 'a')
			options->algorithm = optarg;
		else
			return mm_command_option_error(command, option, argv);
	}
	if (options->key == NULL)
		return mm_command_usage_error(command, "--key is needed: a private or symmetric JWK");
	if (optind != argc - 1)
		return mm_command_usage_error(command, "one JWE is needed, or '-' for standard input");
	options->jwe = argv[optind];
	return MM_EXIT_DONE;
}

/* ---- the key ---- */

/* The 'alg' of an object, if it is a short string; false: it states none. */
static bool
read_algorithm(struct mm_slice object, char algorithm[ALGORITHM_LEN_MAX])
{
	static struct mm_json_names names;
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	struct mm_scratch scratch;
	struct mm_slice text;
	char room[ALGORITHM_LEN_MAX];

	mm_scratch_init(&scratch, room, sizeof(room));
	if (mm_json_scan(object, &names, &index, NULL) != MM_OK ||
	    !mm_json_string(mm_json_find(&index, "alg"), &scratch, &text) || text.len >= ALGORITHM_LEN_MAX)
		return false;
	memcpy(algorithm, text.ptr, text.len);
	algorithm[text.len] = '\0';
	return strlen(algorithm) == text.len;
}

/*
 * The algorithm that the JWE's header names, for a key that states none and where none was named: the person who runs
 * this check sees what was used; a program names it.
 */
static bool
read_header_algorithm(struct mm_slice jwe, char algorithm[ALGORITHM_LEN_MAX])
{
	const char *dot = jwe.len == 0 ? NULL : memchr(jwe.ptr, '.', jwe.len);
	struct mm_slice text = mm_slice(jwe.ptr, dot == NULL ? 0 : (size_t)(dot - jwe.ptr));
	char *header = malloc(MM_BASE64URL_DECODED_MAX(text.len));
	size_t len;
	bool found = header != NULL && mm_base64url_decode(text, header, &len) == MM_OK &&
	    read_algorithm(mm_slice(header, len), algorithm);

	free(header);
	return found;
}

/* Make the key; an exit status other than done where it cannot be. */
static int
load_key(const struct options *options, struct mm_slice jwe, struct mm_jwe_key **key)
{
	bool is_text = mm_jose_is_literal(options->key);
	const char *what = is_text ? "--key" : options->key, *why = NULL, *algorithm = options->algorithm;
	char of_key[ALGORITHM_LEN_MAX], of_header[ALGORITHM_LEN_MAX];
	size_t len = is_text ? strlen(options->key) : 0;
	char *owned = is_text ? NULL : mm_file_read(AT_FDCWD, options->key, JWK_FILE_LEN_MAX, &len);
	struct mm_slice jwk = mm_jose_without_space(mm_slice(is_text ? options->key : owned, len));

	if (!mm_slice_present(jwk))
		return refuse(what, mm_file_failure_text(errno));
	if (algorithm == NULL && !read_algorithm(jwk, of_key) && read_header_algorithm(jwe, of_header))
		algorithm = of_header;
	*key = mm_jwe_key_new(jwk, algorithm, &why);
	if (owned != NULL)
		mm_secret_wipe(owned, len);
	free(owned);
	return *key != NULL ? MM_EXIT_DONE : refuse(what, why);
}

/* ---- the JWE ---- */

static int
decrypt(const struct mm_jwe_key *key, struct mm_slice jwe)
{
	size_t room = jwe.len + 1, len = 0;
	char *plaintext = malloc(room);
	enum mm_jwe_result result;

	if (plaintext == NULL)
		return refuse(NULL, strerror(ENOMEM));
	result = mm_jwe_decrypt(key, jwe, plaintext, room, &len);
	if (result == MM_JWE_DECRYPTED)
		fwrite(plaintext, 1, len, stdout);
	mm_secret_wipe(plaintext, room);
	free(plaintext);
	return result == MM_JWE_DECRYPTED ? MM_EXIT_DONE : refuse(NULL, mm_jwe_result_text(result));
}

int
mm_jose_decrypt(const struct mm_command *command, int argc, char **argv)
{
	struct options options = { NULL, NULL, NULL };
	struct mm_token_argument argument;
	struct mm_jwe_key *key = NULL;
	int status = read_options(command, argc, argv, &options);

	if (status != MM_EXIT_DONE)
		return status;
	if (!mm_token_argument_read(&argument, options.jwe, MM_JWE_LEN_MAX))
		return refuse("standard input", strerror(errno));
	status = load_key(&options, argument.text, &key);
	if (status == MM_EXIT_DONE)
		status = decrypt(key, argument.text);
	mm_jwe_key_free(&key);
	mm_token_argument_clear(&argument);
	return status;
}
