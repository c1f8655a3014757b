using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace TunnelRpc.Sessions;

/// <summary>
/// The request that refreshes the authentication of a session: POST {address}/{session id}/refresh, with the new credentials and a proof
/// that it comes from the client of the session: HMAC-SHA-256 under the session's key over "refresh" id[16] number:u64. The server accepts
/// each number once, in ascending order.
/// </summary>
internal static class SessionRefresh
{
    /// <summary>The header with the number and the proof: "number hexadecimal".</summary>
    public const string ProofHeader = "TunnelRpc-Proof";

    private const string Suffix = "/refresh";

    private static ReadOnlySpan<byte> Label => "refresh"u8;

    /// <summary>The address of the request.</summary>
    public static Uri CreateAddress(Uri address, string sessionId) =>
        new($"{address.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{sessionId}{Suffix}");

    /// <summary>The session id of a request's path below the mapped path; null if the path is another one.</summary>
    public static string? FindSessionId(string subPath) =>
        subPath.Length == 1 + 32 + Suffix.Length
            && subPath[0] == '/'
            && subPath.EndsWith(Suffix, StringComparison.Ordinal)
            && Guid.TryParseExact(subPath.AsSpan(1, 32), "N", out _)
            ? subPath.Substring(1, 32)
            : null;

    /// <summary>Creates the value of the header.</summary>
    public static string CreateProof(SessionTicket ticket, long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {Convert.ToHexStringLower(Compute(ticket, number))}");

    /// <summary>Verifies the value of the header in constant time.</summary>
    /// <param name="ticket">The session.</param>
    /// <param name="value">The value; null for none.</param>
    /// <param name="number">The number.</param>
    public static bool TryVerify(SessionTicket ticket, string? value, out long number)
    {
        number = 0;
        string[] parts = (value ?? "").Split(' ', 3);
        Span<byte> proof = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && parts[1].Length == 2 * proof.Length
            && Convert.FromHexString(parts[1], proof, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(Compute(ticket, number), proof);
    }

    private static byte[] Compute(SessionTicket ticket, long number)
    {
        Span<byte> message = stackalloc byte[Label.Length + 16 + sizeof(ulong)];
        Label.CopyTo(message);
        ticket.SessionId.TryWriteBytes(message[Label.Length..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(message[(Label.Length + 16)..], number);
        return HMACSHA256.HashData(ticket.Key, message);
    }
}
