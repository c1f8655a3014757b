namespace Fleet.Contracts;

/// <summary>A line that the command wrote.</summary>
public sealed record OutputLine(string Text, bool IsError) : CommandOutput;
