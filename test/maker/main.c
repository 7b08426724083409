/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark-maker: makes the world of the attack table and single tokens of it, for the tests and the demo.
 * It is never installed.
 */
#include "test/maker/key.h"
#include "test/maker/signature.h"
#include "test/maker/spelling.h"
#include "test/maker/text.h"
#include "test/maker/thief.h"
#include "test/maker/token.h"
#include "test/maker/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void
print_usage(FILE *stream)
{
	fputs("mintmark-maker world DIR [--now T] [--listen ADDRESS:PORT] [--user NAME]\n"
	    "mintmark-maker token DIR [--now T] [RECIPE …]\n"
	    "mintmark-maker steal SEALED-FILE SEALING-KEY REALM PEM\n"
	    "mintmark-maker forge PEM TOKEN [CHANGE …]\n", stream);
	maker_token_print_usage(stream);
	maker_thief_print_usage(stream);
	fputs("forms of --signature:", stdout);
	maker_signature_print_forms();
	fputs("names of --spell:", stdout);
	maker_spelling_print_names();
}

static int64_t
parse_time(const char *text)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || *text == '\0' || *end != '\0')
		maker_fail("'%s' is not a time in seconds", text);
	return value;
}

/* Make a world; its folder must exist. */
static int
run_world(int argc, char **argv)
{
	struct maker_world_settings settings = { .now_s = time(NULL), .user = "nobody" };

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--now") == 0)
			settings.now_s = parse_time(argv[i + 1]);
		else if (strcmp(argv[i], "--listen") == 0)
			settings.listen = argv[i + 1];
		else if (strcmp(argv[i], "--user") == 0)
			settings.user = argv[i + 1];
		else
			maker_fail("there is no argument '%s'", argv[i]);
	}
	if (argc % 2 == 0)
		maker_fail("%s needs a value", argv[argc - 1]);
	maker_world_make(argv[0], &settings);
	return 0;
}

static int
run_token(int argc, char **argv)
{
	int64_t now_s = time(NULL);
	int used = 1;
	char *token;

	if (argc > 2 && strcmp(argv[1], "--now") == 0) {
		now_s = parse_time(argv[2]);
		used = 3;
	}
	token = maker_token_make(argv[0], now_s, argc - used, (const char *const *)argv + used);
	puts(token);
	free(token);
	return 0;
}

static int
run_steal(char **argv)
{
	EVP_PKEY *key = maker_thief_open(argv[0], argv[1], argv[2]);

	maker_key_store(key, argv[3]);
	EVP_PKEY_free(key);
	return 0;
}

static int
run_forge(int argc, char **argv)
{
	EVP_PKEY *key = maker_key_load(argv[0]);
	char *token = maker_thief_forge(key, argv[1], time(NULL), argc - 2, (const char *const *)argv + 2);

	puts(token);
	free(token);
	EVP_PKEY_free(key);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "world") == 0)
		return run_world(argc - 2, argv + 2);
	if (argc >= 3 && strcmp(argv[1], "token") == 0)
		return run_token(argc - 2, argv + 2);
	if (argc == 6 && strcmp(argv[1], "steal") == 0)
		return run_steal(argv + 2);
	if (argc >= 4 && strcmp(argv[1], "forge") == 0)
		return run_forge(argc - 2, argv + 2);
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		print_usage(stdout);
		return 0;
	}
	print_usage(stderr);
	return 2;
}
