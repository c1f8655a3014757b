using System.Globalization;
using System.Text;
using TunnelRpc.Sessions;

namespace TunnelRpc.Server.Tests.Fuzz;

/// <summary>
/// A request that refreshes the authentication of a session, right or wrong in each of its parts, and the status that the protocol requires
/// for it.
/// </summary>
internal sealed record RefreshRequest(
    string Method, string Path, string SessionId, string? Proof, string? Token, string Body, int ExpectedStatus)
{
    /// <summary>The number of the request, if the server must accept it: later numbers must be higher.</summary>
    public long? AcceptedNumber { get; private init; }

    /// <summary>The session whose role changes if the server accepts the request.</summary>
    public RefreshedSession? Accepted { get; private init; }

    /// <summary>The role that the token of the request gives.</summary>
    public string Role { get; private init; } = "";

    public string Target => $"{Path}/{SessionId}/refresh";

    /// <summary>A random request. Each part is right in most cases, so that every check of the server is reached.</summary>
    /// <param name="random">The source of the case.</param>
    /// <param name="sessions">Two sessions of two users at the path /tunnel.</param>
    /// <param name="createToken">Creates a token of a user with a role; a negative lifetime for an expired one.</param>
    public static RefreshRequest Create(
        Random random, IReadOnlyList<RefreshedSession> sessions, Func<string, string, TimeSpan, string> createToken)
    {
        RefreshedSession session = sessions[random.Next(sessions.Count)];
        RefreshedSession other = sessions.First(s => s != session);
        string role = "role" + random.Next(1_000_000).ToString(CultureInfo.InvariantCulture);
        bool isRightMethod = random.Next(12) != 0;
        bool isRightPath = random.Next(12) != 0;
        (string id, bool isId, bool isRightId) = CreateId(random, session);
        (string? proof, bool isRightProof, long number) = CreateProof(random, session, other);
        (string? token, bool isAuthenticated, bool isRightUser) = random.Next(12) switch
        {
            0 => (null, false, false),
            1 => ("garbage" + (char)random.Next(33, 127), false, false),
            2 => (createToken(session.User, role, TimeSpan.FromSeconds(-1)), false, false),
            3 or 4 => (createToken(other.User, role, TimeSpan.FromHours(1)), true, false),
            5 => (createToken(session.User.ToUpperInvariant(), role, TimeSpan.FromHours(1)), true, false),
            _ => (createToken(session.User, role, TimeSpan.FromHours(1)), true, true),
        };
        int expected = !isAuthenticated ? 401
            : !isRightMethod || !isId ? 426
            : !isRightPath || !isRightId || !isRightProof ? 404
            : !isRightUser || number <= session.LastNumber ? 403
            : 204;
        string body = random.Next(6) switch
        {
            0 => "Content-Length: 5\r\n\r\nhello",
            1 => "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            2 => "\r\n",
            _ => "Content-Length: 0\r\n\r\n",
        };
        string method = isRightMethod ? "POST" : random.Next(2) == 0 ? "PUT" : "GET";
        return new RefreshRequest(
            method, isRightPath ? "/tunnel" : "/other", id, proof, token, method == "GET" ? "\r\n" : body, expected)
        {
            AcceptedNumber = expected == 204 ? number : null,
            Accepted = expected == 204 ? session : null,
            Role = role,
        };
    }

    /// <summary>The request as it is sent over HTTP/1.1.</summary>
    public byte[] ToBytes()
    {
        var text = new StringBuilder($"{Method} {Target} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        if (Proof is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"{SessionRefresh.ProofHeader}: {Proof}\r\n");
        }

        if (Token is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"Authorization: Bearer {Token}\r\n");
        }

        return Encoding.Latin1.GetBytes(text.Append(Body).ToString());
    }

    /// <summary>The id in the path. A path without an id is that of another request.</summary>
    private static (string Id, bool IsId, bool IsRight) CreateId(Random random, RefreshedSession session)
    {
        string id = session.Ticket.SessionId.ToString("N");
        return random.Next(14) switch
        {
            0 => (Guid.NewGuid().ToString("N"), true, false),
            1 => (new string('0', 32), true, false),
            2 => (id[..^1], false, false),
            3 => (id + "0", false, false),
            4 => (session.Ticket.SessionId.ToString("D"), false, false),
            _ => (id, true, true),
        };
    }

    private static (string? Proof, bool IsRight, long Number) CreateProof(Random random, RefreshedSession session, RefreshedSession other)
    {
        long next = session.LastNumber + 1 + random.Next(3);
        string right = SessionRefresh.CreateProof(session.Ticket, next);
        switch (random.Next(20))
        {
            case 0:
                return (null, false, next);
            case 1:
                return (SessionRefresh.CreateProof(other.Ticket, next), false, next);
            case 2:
                return (SessionRefresh.CreateProof(session.Ticket with { Key = new byte[32] }, next), false, next);
            case 3:
                // The number that the proof states is another one.
                return ((next + 1).ToString(CultureInfo.InvariantCulture) + right[right.IndexOf(' ')..], false, next);
            case 4:
                return (right[..^random.Next(1, 64)], false, next);
            case 5:
                return (right + "00", false, next);
            case 6:
                char[] changed = right.ToCharArray();
                changed[^random.Next(1, 64)] = 'x';
                return (new string(changed), false, next);
            case 7:
                return ($"{ulong.MaxValue} {new string('f', 64)}", false, next);
            case 8:
                return ("-" + right, false, next);
            case 9:
                return (right.Replace(" ", "  ", StringComparison.Ordinal), false, next);
            case 10 or 11 when session.LastNumber > 0:
                long replayed = random.NextInt64(1, session.LastNumber + 1);
                return (SessionRefresh.CreateProof(session.Ticket, replayed), true, replayed);
            case 12:
                // Digits before the number, and upper case, have no meaning.
                return ("00" + right.ToUpperInvariant(), true, next);
            case 13:
                return (SessionRefresh.CreateProof(session.Ticket, 0), true, 0);
            default:
                return (right, true, next);
        }
    }
}
