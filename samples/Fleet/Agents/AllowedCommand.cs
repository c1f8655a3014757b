namespace Fleet.Agents;

/// <summary>A command that an agent runs. No shell is involved: the program receives its arguments unchanged.</summary>
/// <param name="Program">Path of the executable.</param>
/// <param name="Arguments">Arguments that are always passed.</param>
/// <param name="TakesArguments">Whether operators may append arguments.</param>
internal sealed record AllowedCommand(string Program, IReadOnlyList<string> Arguments, bool TakesArguments = false);
