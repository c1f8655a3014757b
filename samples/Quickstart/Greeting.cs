namespace Quickstart;

/// <summary>Records travel as they are: no attribute needed.</summary>
public sealed record Greeting(string Text, DateTimeOffset At, IReadOnlyList<string> Languages);
