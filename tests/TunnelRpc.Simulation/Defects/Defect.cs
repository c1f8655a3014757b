namespace TunnelRpc.Simulation.Defects;

/// <summary>A defect that is inserted into a copy of the sources, to verify that the simulation finds it.</summary>
/// <param name="Name">The name for the command line.</param>
/// <param name="File">The path of the file, relative to the repository's root.</param>
/// <param name="Find">The text that is replaced. It must occur exactly once in the file.</param>
/// <param name="Replace">The new text. HERE stands for the expression that is true if this defect is enabled.</param>
/// <param name="Seeds">The number of seeds within which the defect must be found.</param>
internal sealed record Defect(string Name, string File, string Find, string Replace, int Seeds = 500);
