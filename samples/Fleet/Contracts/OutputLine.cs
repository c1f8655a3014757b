namespace Fleet.Contracts;

/// <summary>A line that the command has written.</summary>
public sealed record OutputLine(string Text, bool IsError) : CommandOutput;
