namespace Fleet.Agents;

/// <summary>A command that an agent runs. There is no shell: the program gets its arguments as they are.</summary>
/// <param name="Program">The program's file.</param>
/// <param name="Arguments">What it is always given.</param>
/// <param name="TakesArguments">Whether operators may add arguments of their own.</param>
internal sealed record AllowedCommand(string Program, IReadOnlyList<string> Arguments, bool TakesArguments = false);
