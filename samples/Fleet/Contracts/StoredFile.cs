namespace Fleet.Contracts;

/// <summary>A file that an agent stored.</summary>
/// <param name="Name">The name in the inbox.</param>
/// <param name="Length">The length in bytes.</param>
/// <param name="Sha256">The SHA-256 hash of the content in hexadecimal; the sender compares it.</param>
public sealed record StoredFile(string Name, long Length, string Sha256);
