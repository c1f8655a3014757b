namespace Fleet.Contracts;

/// <summary>A file as an agent has stored it.</summary>
/// <param name="Name">Its name in the inbox.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Sha256">The hash of its bytes, in hexadecimal, for the sender to compare.</param>
public sealed record StoredFile(string Name, long Length, string Sha256);
