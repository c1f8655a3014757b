namespace Fleet.Contracts;

/// <summary>The command has ended.</summary>
public sealed record CommandExit(int Code) : CommandOutput;
