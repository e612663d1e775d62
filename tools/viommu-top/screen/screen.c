// SPDX-License-Identifier: GPL-2.0-only
/*
 * The live screen: when to update, and when to leave.
 */
#include <ncurses.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/sys/wait.h"
#include "lib/text/message.h"
#include "screen/screen.h"
#include "screen/ui.h"

/* Some, as those of editors, only print one line after the other */
static bool can_place(void)
{
	const char *cup = tigetstr("cup");

	return cup && cup != (const char *)-1;
}

static bool open_screen(SCREEN **screen, const struct options *opts)
{
	*screen = newterm(NULL, stdout, stdin);
	if (!*screen || !can_place()) {
		if (*screen) {
			/* Output is as it was */
			endwin();
			delscreen(*screen);
		}
		msg("cannot use this terminal (TERM=%s): set TERM, or use --batch",
		    getenv("TERM") ? getenv("TERM") : "");
		return false;
	}
	set_term(*screen);
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	style_init(opts->color);
	hold_messages();
	return true;
}

static void close_screen(SCREEN *screen)
{
	/* Where the screen stays as it is, the shell goes on in this line */
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
	endwin();
	delscreen(screen);
	release_messages();
}

static void read_keys(struct ui *ui)
{
	int key;

	while ((key = getch()) != ERR)
		ui_key(ui, key);
}

/* Until the next sample is due, the screen answers to keys */
static enum wait_result answer_keys(struct ui *ui)
{
	enum wait_result why;

	for (;;) {
		bool still = ui->paused || session_at_end(ui->session);
		uint64_t last = ui->session->taken_ns;
		uint64_t deadline = still ? UINT64_MAX / 2 : last + ui->interval_ns;

		ui_draw(ui);
		why = wait_until(deadline, true);
		if (why != WAIT_INPUT && why != WAIT_OTHER)
			return why;
		read_keys(ui);
		if (ui->quit)
			return WAIT_STOP;
		if (!ui_rebuild(ui))
			return WAIT_CLOSED;
	}
}

static enum exit_code loop(struct ui *ui)
{
	unsigned long count = ui->session->opts->count;
	enum wait_result why = WAIT_TIME;

	if (!ui_rebuild(ui))
		return EXIT_FAIL;
	for (unsigned long n = 0; !count || n < count; n++) {
		why = answer_keys(ui);
		if (why != WAIT_TIME)
			break;
		if (!session_sample(ui->session) || !ui_update(ui))
			return EXIT_FAIL;
	}
	if (ui->failed)
		return EXIT_FAIL;
	/* For --fail-on-loss: what happened since the last update counts, too */
	if (why == WAIT_STOP && !ui->session->replay && !session_sample(ui->session))
		return EXIT_FAIL;
	return EXIT_OK;
}

enum exit_code screen_run(struct session *s)
{
	struct ui ui = {
		.session = s,
		.interval_ns = s->opts->interval_ns,
		.sort = s->opts->sort,
		.reverse = s->opts->reverse,
		.expand_all = s->opts->expand,
	};
	enum exit_code code;
	SCREEN *screen;

	s->filter.text = ui.filter;
	if (!isatty(STDIN_FILENO)) {
		msg("standard input is no terminal: use --batch");
		return EXIT_FAIL;
	}
	if (!open_screen(&screen, s->opts))
		return EXIT_FAIL;
	code = loop(&ui);
	close_screen(screen);
	vm_close(&ui.vm);
	free(ui.rows);
	free(ui.toggled);
	return code;
}
