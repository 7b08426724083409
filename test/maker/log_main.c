/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark-log-maker: a synthetic unified audit log of any size, the sign-in log that goes with it, and in it the story
 * of 2023: one application whose tokens nobody issued reads mail in 22 of the tenants. All of it follows from the seed.
 * It is never installed, and what it makes is called synthetic wherever it appears.
 *
 * In the order of time, as an export is that was asked for day by day. Of the rows 44 in a hundred repeat an earlier
 * one, as they do in real exports. Removing leaves out records of all kinds; throttling ends what is logged of the
 * theft's first mailbox for a day, half way through.
 */
#include "test/maker/log_record.h"
#include "test/maker/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USAGE \
	"mintmark-log-maker --out FILE [--records N] [--form json-lines|array|csv] [--seed N] [--repeat N]\n" \
	"    [--sign-ins FILE] [--tenants N] [--people N] [--stolen-mailboxes N] [--stolen-messages N]\n" \
	"    [--remove N] [--throttle yes] [--truth FILE]\n" \
	"--repeat and --remove are in a thousand\n"

/* 2023-05-15, when the theft began, and how long logs and theft last. */
#define BEGIN_S INT64_C(1684108800)
#define DAYS 32
#define THEFT_TENANTS 22
#define MESSAGES_AT_ONCE 6

/* Rows that may be repeated: the last ones. */
#define RECENT 64

struct settings {
	uint64_t seed, records, repeat, tenants, people, mailboxes, messages, remove;
	bool throttle;
	const char *out, *form, *sign_ins, *truth;
};

struct maker {
	struct settings settings;
	FILE *out, *sign_ins;
	struct log_text text;
	struct log_text recent[RECENT];
	uint64_t written, rows;
	uint8_t *signed_in; /* a bit a token that a sign-in was written for */
	uint64_t slots;
	/* The theft, so far. */
	uint64_t thefts, next_theft, next_message;
	uint64_t seen_records, seen_messages, throttled_records;
	int64_t first_s, last_s;
};

/* ---- rows ---- */

/* A field of CSV; '/' escaped, as PowerShell does it in JSON. */
static void
write_field(FILE *out, const struct log_text *text)
{
	(void)fputc('"', out);
	for (size_t i = 0; i < text->len; i++) {
		char c = text->bytes[i];

		if (c == '"')
			(void)fputc('"', out);
		if (c == '/')
			(void)fputc('\\', out);
		(void)fputc(c, out);
	}
	(void)fputc('"', out);
}

static void
write_row(struct maker *maker, const struct log_text *text)
{
	if (strcmp(maker->settings.form, "csv") == 0) {
		(void)fputs("\"ExchangeItem\",\"5/20/2023 1:38:39 PM\",\"person@tenant.example\",\"Operation\",",
		    maker->out);
		write_field(maker->out, text);
		(void)fprintf(maker->out, ",\"%" PRIu64 "\",\"%" PRIu64 "\",\"True\",\"Unchanged\"\r\n",
		    maker->rows + 1, maker->settings.records);
	} else {
		if (strcmp(maker->settings.form, "array") == 0)
			(void)fputs(maker->rows == 0 ? "[" : ",", maker->out);
		(void)fwrite(text->bytes, 1, text->len, maker->out);
		if (strcmp(maker->settings.form, "json-lines") == 0)
			(void)fputc('\n', maker->out);
	}
	maker->rows++;
}

static bool
happens(const struct maker *maker, uint64_t about, uint64_t in_thousand)
{
	return log_mix(maker->settings.seed ^ about, maker->written) % 1000 < in_thousand;
}

/* Write the record that was made, unless it is to be missing; and perhaps an earlier one again. */
static bool
write_record(struct maker *maker)
{
	bool removed = happens(maker, 101, maker->settings.remove);
	/* So many repetitions to a new one that they are as many in a thousand of all. */
	uint64_t chance = maker->settings.repeat * 1000 / (1000 - maker->settings.repeat);

	maker->written++;
	if (removed)
		return false;
	write_row(maker, &maker->text);
	for (uint64_t i = 0; chance > 0; i++) {
		uint64_t which = log_mix(maker->settings.seed ^ 102, maker->written * 4 + i);

		if (which % 1000 < chance && maker->written > RECENT)
			write_row(maker, &maker->recent[(which >> 20) % RECENT]);
		chance = chance > 1000 ? chance - 1000 : 0;
	}
	memcpy(&maker->recent[maker->written % RECENT], &maker->text, sizeof(maker->text));
	return true;
}

/* ---- everyday ---- */

/* The sign-in of a token that is shown, once. */
static void
write_sign_in(struct maker *maker, const struct log_actor *actor)
{
	uint64_t slot = (uint64_t)(actor->issued_s - BEGIN_S + 86400) / LOG_TOKEN_S;
	uint64_t bit = (actor->person * LOG_APPLICATIONS + actor->application) * maker->slots + slot % maker->slots;

	if (maker->sign_ins == NULL || (maker->signed_in[bit / 8] & 1 << bit % 8) != 0)
		return;
	maker->signed_in[bit / 8] |= (uint8_t)(1 << bit % 8);
	maker->text.len = 0;
	log_sign_in_add(&maker->text, maker->settings.seed, actor);
	(void)fwrite(maker->text.bytes, 1, maker->text.len, maker->sign_ins);
	(void)fputc('\n', maker->sign_ins);
}

static void
make_everyday(struct maker *maker, uint64_t number, int64_t time_s)
{
	uint64_t chance = log_mix(maker->settings.seed ^ 103, number);
	struct log_actor actor;
	bool uses_token;

	log_actor_make(maker->settings.seed, chance % maker->settings.people, maker->settings.tenants,
	    (unsigned)(chance >> 40) % 3, time_s, &actor);
	maker->text.len = 0;
	log_record_add(&maker->text, maker->settings.seed, number, &actor, &uses_token);
	if (write_record(maker) && uses_token)
		write_sign_in(maker, &actor);
}

/* ---- the theft ---- */

/* When the number-th access happens: all of them evenly over the days, the mailboxes one after the other. */
static int64_t
theft_time(const struct maker *maker, uint64_t number)
{
	return BEGIN_S + 3600 + (int64_t)((uint64_t)(DAYS * 86400 - 7200) * number / maker->thefts);
}

/* The thief's mailboxes are people of the first tenants, so many of each. */
static uint64_t
theft_mailbox(const struct maker *maker, uint64_t number)
{
	uint64_t mailbox = number % maker->settings.mailboxes;

	return mailbox / THEFT_TENANTS * maker->settings.tenants + mailbox % THEFT_TENANTS;
}

/* Half way through, the log of the first mailbox is throttled, and says nothing more for a day. */
static bool
is_throttled(const struct maker *maker, uint64_t number, int64_t time_s, bool *says_so)
{
	int64_t since_s = theft_time(maker, maker->thefts / 2 / maker->settings.mailboxes * maker->settings.mailboxes);

	*says_so = maker->settings.throttle && number % maker->settings.mailboxes == 0 && time_s == since_s;
	return maker->settings.throttle && number % maker->settings.mailboxes == 0 && time_s > since_s &&
	    time_s < since_s + 86400;
}

static void
make_theft(struct maker *maker)
{
	uint64_t number = maker->next_theft++, left = maker->settings.messages - maker->next_message;
	struct log_theft theft = {
		.mailbox = theft_mailbox(maker, number),
		.time_s = theft_time(maker, number),
		.first = maker->next_message,
		.count = (unsigned)(left < MESSAGES_AT_ONCE ? left : MESSAGES_AT_ONCE),
		.address = (unsigned)(log_mix(maker->settings.seed ^ 104, number) % LOG_THIEF_ADDRESSES),
	};

	theft.tenant = theft.mailbox % maker->settings.tenants;
	theft.issued_s = theft.time_s - 600;
	theft.token[0] = log_mix(maker->settings.seed ^ 105, number / 4);
	theft.token[1] = log_mix(theft.token[0], 1) & ~UINT64_C(0xff);
	maker->next_message += theft.count;
	if (is_throttled(maker, number, theft.time_s, &theft.throttled)) {
		maker->throttled_records++;
		return;
	}
	maker->text.len = 0;
	log_theft_add(&maker->text, maker->settings.seed, UINT64_C(1) << 40 | number, &theft);
	if (!write_record(maker))
		return;
	maker->seen_records++;
	maker->seen_messages += theft.count;
	if (maker->first_s == 0)
		maker->first_s = theft.time_s;
	maker->last_s = theft.time_s;
}

/* ---- all of it ---- */

static FILE *
open_file(const char *path)
{
	FILE *file;

	if (path == NULL)
		return NULL;
	file = fopen(path, "wb");
	if (file == NULL)
		maker_fail("%s: %s", path, strerror(errno));
	(void)setvbuf(file, NULL, _IOFBF, 1 << 20);
	return file;
}

static void
close_file(FILE *file)
{
	if (file != NULL && (fflush(file) != 0 || ferror(file) != 0 || fclose(file) != 0))
		maker_fail("a file could not be written: %s", strerror(errno));
}

static void
write_truth(const struct maker *maker)
{
	FILE *file = open_file(maker->settings.truth);

	if (file == NULL)
		return;
	(void)fprintf(file,
	    "{\"synthetic\":true,\"seed\":%" PRIu64 ",\"application\":\"" LOG_THIEF_APPLICATION "\","
	    "\"organisations\":%d,\"mailboxes\":%" PRIu64 ",\"messages\":%" PRIu64 ",\"records\":%" PRIu64
	    ",\"seen_records\":%" PRIu64
	    ",\"seen_messages\":%" PRIu64 ",\"throttled_records\":%" PRIu64 ",\"first_s\":%" PRId64
	    ",\"last_s\":%" PRId64 ",\"addresses\":%d,\"rows\":%" PRIu64 ",\"distinct\":%" PRIu64 "}\n",
	    maker->settings.seed, THEFT_TENANTS, maker->settings.mailboxes, maker->settings.messages, maker->thefts,
	    maker->seen_records, maker->seen_messages, maker->throttled_records, maker->first_s, maker->last_s,
	    LOG_THIEF_ADDRESSES, maker->rows, maker->written);
	close_file(file);
}

static void
make_all(struct maker *maker)
{
	struct settings *settings = &maker->settings;
	uint64_t everyday;

	maker->thefts = (settings->messages + MESSAGES_AT_ONCE - 1) / MESSAGES_AT_ONCE;
	if (maker->thefts < settings->mailboxes && settings->messages > 0)
		maker_fail("fewer messages than %d for each mailbox", MESSAGES_AT_ONCE);
	/* Repetitions are among the records asked for. */
	everyday = settings->records * (1000 - settings->repeat) / 1000;
	everyday = everyday > maker->thefts ? everyday - maker->thefts : 0;
	if (strcmp(settings->form, "csv") == 0)
		(void)fputs("\"RecordType\",\"CreationDate\",\"UserIds\",\"Operations\",\"AuditData\",\"ResultIndex\","
		            "\"ResultCount\",\"IsValid\",\"ObjectState\"\r\n", maker->out);
	for (uint64_t number = 0; number < everyday; number++) {
		int64_t time_s = BEGIN_S + (int64_t)((double)number / (double)everyday * DAYS * 86400);

		while (maker->next_theft < maker->thefts && theft_time(maker, maker->next_theft) <= time_s)
			make_theft(maker);
		make_everyday(maker, number, time_s);
	}
	while (maker->next_theft < maker->thefts)
		make_theft(maker);
	if (strcmp(settings->form, "array") == 0)
		(void)fputs(maker->rows == 0 ? "[]\n" : "]\n", maker->out);
}

static uint64_t
parse_number(const char *text)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || *text == '\0' || *end != '\0')
		maker_fail("'%s' is not a number", text);
	return value;
}

static void
parse(int argc, char **argv, struct settings *settings)
{
	const struct {
		const char *name;
		uint64_t *number;
		const char **text;
	} rows[] = {
		{ "--seed", &settings->seed, NULL }, { "--records", &settings->records, NULL },
		{ "--repeat", &settings->repeat, NULL }, { "--tenants", &settings->tenants, NULL },
		{ "--people", &settings->people, NULL }, { "--stolen-mailboxes", &settings->mailboxes, NULL },
		{ "--stolen-messages", &settings->messages, NULL }, { "--remove", &settings->remove, NULL },
		{ "--out", NULL, &settings->out }, { "--form", NULL, &settings->form },
		{ "--sign-ins", NULL, &settings->sign_ins }, { "--truth", NULL, &settings->truth },
	};

	for (int i = 1; i < argc; i += 2) {
		bool known = i + 1 < argc && strcmp(argv[i], "--throttle") == 0;

		settings->throttle |= known;
		for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]) && i + 1 < argc; j++) {
			if (strcmp(argv[i], rows[j].name) != 0)
				continue;
			known = true;
			if (rows[j].number != NULL)
				*rows[j].number = parse_number(argv[i + 1]);
			else
				*rows[j].text = argv[i + 1];
		}
		if (!known) {
			fputs(USAGE, stderr);
			exit(2);
		}
	}
	if (settings->out == NULL || settings->repeat > 900 || settings->tenants < THEFT_TENANTS ||
	    settings->people / settings->tenants * THEFT_TENANTS < settings->mailboxes) {
		fputs(USAGE, stderr);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	static struct maker maker = { .settings = { .seed = 1, .records = 10000, .repeat = 440, .tenants = 40,
		.people = 4000, .mailboxes = 503, .messages = 60000, .form = "json-lines" } };

	parse(argc, argv, &maker.settings);
	maker.out = open_file(maker.settings.out);
	maker.sign_ins = open_file(maker.settings.sign_ins);
	maker.slots = (DAYS + 3) * 86400 / LOG_TOKEN_S;
	maker.signed_in = calloc(maker.settings.people * LOG_APPLICATIONS * maker.slots / 8 + 1, 1);
	if (maker.signed_in == NULL)
		maker_fail("memory is short");
	make_all(&maker);
	close_file(maker.out);
	close_file(maker.sign_ins);
	write_truth(&maker);
	free(maker.signed_in);
	return 0;
}
