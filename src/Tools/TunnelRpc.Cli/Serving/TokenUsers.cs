using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;

namespace TunnelRpc.Cli.Serving;

/// <summary>The users of --tokens: each line of the file has the name of a user, white space and a token. Immutable.</summary>
internal sealed class TokenUsers
{
    private const int MinTokenLength = 16;
    private const int MaxFileSize = 1 << 20;

    // The user of each token, by the SHA-256 digest of the token, so that the time of a look-up reveals nothing about tokens.
    private readonly Dictionary<string, string> _userOfDigest = [];

    private TokenUsers()
    {
    }

    /// <summary>Reads a file of users.</summary>
    /// <exception cref="UsageException">The file cannot be read, or a line is invalid. The message has no token.</exception>
    public static TokenUsers Load(FileInfo file)
    {
        string[] lines;
        try
        {
            lines = file.Length <= MaxFileSize
                ? File.ReadAllLines(file.FullName)
                : throw new UsageException($"Expected --tokens to be a file of at most 1 MiB, got {file.Length} bytes.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"Expected --tokens to be a file that can be read, got {file.FullName}: {unreadable.Message}");
        }

        var users = new TokenUsers();
        for (int i = 0; i < lines.Length; i++)
        {
            string[] parts = lines[i].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length == 0 || parts[0].StartsWith('#'))
            {
                continue;
            }

            if (parts.Length != 2 || parts[1].Length < MinTokenLength || !users._userOfDigest.TryAdd(GetDigest(parts[1]), parts[0]))
            {
                throw new UsageException(
                    $"Expected line {i + 1} of {file.FullName} to have a user and a token of at least {MinTokenLength} characters that no "
                    + "other line has, got another line.");
            }
        }

        return users;
    }

    /// <summary>Finds the user of a token.</summary>
    public bool TryFind(string token, [NotNullWhen(true)] out ClaimsPrincipal? user)
    {
        user = _userOfDigest.TryGetValue(GetDigest(token), out string? name)
            ? new ClaimsPrincipal(new ClaimsIdentity(
                [new Claim(ClaimTypes.NameIdentifier, name), new Claim(ClaimTypes.Name, name)], authenticationType: "Bearer"))
            : null;
        return user is not null;
    }

    private static string GetDigest(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
