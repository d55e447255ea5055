/* replaced when the corridor is built */
int main(void) { return 70; }
