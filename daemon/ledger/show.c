/* SPDX-License-Identifier: Apache-2.0 */
/* Looking for tokens' records. */
#include "daemon/ledger/show.h"

#include "daemon/ledger/question.h"
#include "daemon/ledger/state.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void *
run(void *ctx)
{
	struct ledger_show *show = ctx;
	const struct ledger_show_question *question = &show->questions[0];
	const uint64_t one = 1;

	mm_ledger_find(show->folder_fd, show->signer, mm_slice_str(question->realm->name), question->place, &show->stop,
	    &show->finding);
	mm_ledger_find_revoked(show->folder_fd, mm_slice(question->token.token_id, sizeof(question->token.token_id)),
	    &show->stop, &show->finding);
	(void)!write(show->event_fd, &one, sizeof(one));
	return NULL;
}

/* Where there is no thread, it is as if nothing could be read. */
static void
look_for_first(struct ledger_show *show)
{
	const uint64_t one = 1;

	show->running = pthread_create(&show->thread, NULL, run, show) == 0;
	if (show->running)
		return;
	show->finding.found = false;
	show->finding.unknown = true;
	(void)!write(show->event_fd, &one, sizeof(one));
}

bool
ledger_show_begin(struct ledger *ledger, const struct ledger_show_question *question)
{
	struct ledger_show *show = &ledger->show;

	if (!show->has_event)
		show->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	show->has_event = show->event_fd != -1;
	if (!show->has_event || show->count == LEDGER_SHOWS_MAX)
		return false;
	show->questions[show->count++] = *question;
	if (show->count == 1) { /* no thread runs that reads it */
		show->folder_fd = ledger->folder_fd;
		show->signer = ledger_signer(ledger);
		look_for_first(show);
	}
	return true;
}

static void
join(struct ledger_show *show)
{
	if (show->running)
		pthread_join(show->thread, NULL);
	show->running = false;
}

void
ledger_show_go_on(struct ledger *ledger)
{
	struct ledger_show *show = &ledger->show;
	struct ledger_show_question question = show->questions[0];
	uint64_t events;

	(void)!read(show->event_fd, &events, sizeof(events));
	join(show);
	memmove(show->questions, show->questions + 1, --show->count * sizeof(*show->questions));
	ledger_question_shown(ledger, &question, &show->finding);
	if (show->count > 0)
		look_for_first(show);
}

void
ledger_show_end(struct ledger *ledger)
{
	atomic_store(&ledger->show.stop, true);
	join(&ledger->show);
	if (ledger->show.has_event)
		close(ledger->show.event_fd);
	ledger->show.has_event = false;
	ledger->show.count = 0;
}
