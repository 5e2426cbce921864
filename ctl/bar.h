/* A progress line on the terminal; nothing where standard error is none. */
#ifndef FW_CTL_BAR_H
#define FW_CTL_BAR_H

/* fraction 0-1 */
void bar_show(double fraction, const char *message);
void bar_end(void);

#endif
