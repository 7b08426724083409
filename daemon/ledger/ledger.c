/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every part of the ledger uses: its realms, what it says to mintmarkd, the time.
 */
#include "daemon/ledger/state.h"

#include "daemon/ipc/limits.h"
#include "daemon/ipc/sealed.h"
#include "engine/json_writer.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The same alarm is not told again for so long. */
#define ALARM_QUIET_MS 60000

#define ANSWER_LEN_MAX 65536

#define PATIENCE_MS 1000

/* ---- realms ---- */

struct ledger_realm *
ledger_realm_by_number(struct ledger *ledger, uint16_t number)
{
	return number < MM_MINT_REALMS_MAX ? ledger->realms[number] : NULL;
}

struct ledger_realm *
ledger_realm_by_name(struct ledger *ledger, struct mm_slice name)
{
	for (size_t i = 0; i < MM_MINT_REALMS_MAX; i++)
		if (ledger->realms[i] != NULL && mm_slice_equal(mm_slice_str(ledger->realms[i]->name), name))
			return ledger->realms[i];
	return NULL;
}

struct ledger_realm *
ledger_realm_next(struct ledger *ledger, const struct ledger_realm *before)
{
	for (size_t i = before == NULL ? 0 : before->number + 1U; i < MM_MINT_REALMS_MAX; i++)
		if (ledger->realms[i] != NULL)
			return ledger->realms[i];
	return NULL;
}

/* ---- to mintmarkd ---- */

/* mintmarkd takes messages all the time; where its socket is full, a moment is waited for it. */
static bool
send_patiently(enum mm_message_type type, const void *payload, size_t len, int fd)
{
	struct pollfd control = { MM_CONTROL_FD, POLLOUT, 0 };

	while (mm_message_send(MM_CONTROL_FD, MM_PROCESS_LEDGER, MM_PROCESS_MINTMARKD, type, payload, len, fd) == -1)
		if ((errno != EAGAIN && errno != ENOBUFS) || poll(&control, 1, PATIENCE_MS) != 1)
			return false;
	return true;
}

/* Send bytes as a sealed memfd. */
static bool
tell_sealed(enum mm_message_type type, const void *payload, size_t len, struct mm_slice bytes)
{
	int fd = mm_sealed_new("ledger");
	bool sent = fd != -1 && mm_sealed_write(fd, bytes) == 0 && mm_sealed_seal(fd) == 0 &&
	    send_patiently(type, payload, len, fd);

	if (fd != -1)
		close(fd);
	return sent;
}

bool
ledger_tell(struct ledger *ledger, enum mm_message_type type, const void *payload, size_t len,
    struct mm_slice sealed_bytes)
{
	(void)ledger;
	if (mm_slice_present(sealed_bytes))
		return tell_sealed(type, payload, len, sealed_bytes);
	return send_patiently(type, payload, len, -1);
}

void
ledger_answer(struct ledger *ledger, uint64_t question, bool done, struct mm_slice json)
{
	struct mm_buf payload;

	mm_buf_init(&payload, 16);
	mm_buf_add_u64(&payload, question);
	mm_buf_add_u8(&payload, done);
	if (!mm_buf_ok(&payload) ||
	    !ledger_tell(ledger, MM_MESSAGE_LEDGER_ANSWER, payload.data, payload.len, json))
		fprintf(stderr, "mintmark-ledger: an answer for an operator could not be sent\n");
	mm_buf_clear(&payload);
}

void
ledger_refuse(struct ledger *ledger, uint64_t question, const char *why, const char *mend)
{
	struct mm_json_writer writer;
	struct mm_buf buf;

	mm_buf_init(&buf, ANSWER_LEN_MAX);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_str(&writer, "error", why);
	mm_json_add_str(&writer, "mend", mend);
	mm_json_end_object(&writer);
	if (mm_buf_ok(&buf))
		ledger_answer(ledger, question, false, mm_slice(buf.data, buf.len));
	mm_buf_clear(&buf);
}

/* Whether this text was told a moment ago; it is kept as told if not. */
static bool
told_lately(struct ledger *ledger, const char *text)
{
	int64_t now_ms = ledger_boot_ms();
	struct ledger_alarm_told *told;

	for (size_t i = 0; i < LEDGER_ALARMS_KEPT; i++)
		if (strcmp(ledger->alarms[i].text, text) == 0 && now_ms - ledger->alarms[i].at_ms < ALARM_QUIET_MS)
			return true;
	told = &ledger->alarms[ledger->alarm_next++ % LEDGER_ALARMS_KEPT];
	told->at_ms = now_ms;
	memcpy(told->text, text, strlen(text) + 1);
	return false;
}

void
ledger_alarm(struct ledger *ledger, const char *format, ...)
{
	char text[LEDGER_ALARM_LEN_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!told_lately(ledger, text))
		(void)ledger_tell(ledger, MM_MESSAGE_LEDGER_ALARM, text, strlen(text), MM_SLICE_ABSENT);
}

/* ---- keys of its own ---- */

const struct mm_ed25519 *
ledger_key_state(const struct ledger *ledger)
{
	return ledger->key_state;
}

const uint8_t *
ledger_signer(const struct ledger *ledger)
{
	return ledger->key_state != NULL ? mm_mint_certificate_key(ledger->certificate) : NULL;
}

const uint8_t *
ledger_certificate(const struct ledger *ledger)
{
	return ledger->has_certificate ? ledger->certificate : NULL;
}

/* ---- time ---- */

static int64_t
read_us(clockid_t clock)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
ledger_wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t
ledger_wall_s(void)
{
	return read_us(CLOCK_REALTIME) / 1000000;
}

int64_t
ledger_boot_ms(void)
{
	return read_us(CLOCK_BOOTTIME) / 1000;
}
