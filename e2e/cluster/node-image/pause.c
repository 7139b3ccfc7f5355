// The process that holds a pod's namespaces: waits, reaps what is given to it, ends when told. As Kubernetes' own pause.
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static void quit(int signal_number) {
  (void)signal_number;
  _exit(0);
}

static void reap(int signal_number) {
  (void)signal_number;
  while (waitpid(-1, NULL, WNOHANG) > 0) {
  }
}

int main(void) {
  struct sigaction child = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
  signal(SIGINT, quit);
  signal(SIGTERM, quit);
  sigaction(SIGCHLD, &child, NULL);
  for (;;) {
    pause();
  }
}
