namespace TunnelRpc.Simulation.Defects;

/// <summary>A bug that is put into a copy of the sources, to see that the simulation finds it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="File">The file, from the repository's root.</param>
/// <param name="Find">The text that is replaced; it occurs there once.</param>
/// <param name="Replace">What takes its place. HERE stands for the question whether this bug is switched on.</param>
/// <param name="Seeds">Within how many seeds it must be found.</param>
internal sealed record Defect(string Name, string File, string Find, string Replace, int Seeds = 500);
