namespace Quickstart;

public readonly record struct Tick(int Number, TimeSpan SinceStart);
