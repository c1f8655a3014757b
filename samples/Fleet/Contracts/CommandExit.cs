namespace Fleet.Contracts;

/// <summary>The end of the command's output.</summary>
public sealed record CommandExit(int Code) : CommandOutput;
