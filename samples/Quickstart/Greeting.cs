namespace Quickstart;

/// <summary>A record needs no attribute to be an argument or a result.</summary>
public sealed record Greeting(string Text, DateTimeOffset At, IReadOnlyList<string> Languages);
