using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using TunnelRpc.Logging;

namespace TunnelRpc.Gateway.HttpSocks;

/// <summary>
/// The sessions of one endpoint. It keeps digests of their ids, so that neither a memory dump nor the time of a look-up reveals an id.
/// Thread-safe.
/// </summary>
internal sealed class HttpSockSessionStore(HttpSockServerOptions options)
{
    /// <summary>The length of an id: 256 random bits.</summary>
    private const int IdBytes = 32;

    // An id in base64url.
    private const int IdLength = 43;

    // Guards the fields below.
    private readonly Lock _gate = new();

    // The sessions that requests can use, by the digest of their id in hexadecimal.
    private readonly Dictionary<string, HttpSockSession> _sessions = [];

    // The running handlers, and how many of them belong to each user and address. An entry ends when the session has been removed and the
    // handler has ended, so that the limits also count handlers that do not end. No count is 0.
    private readonly Dictionary<HttpSockSession, Task?> _counted = [];
    private readonly Dictionary<string, int> _countOfUser = [];
    private readonly Dictionary<RemoteAddress, int> _countOfAddress = [];
    private long _lastNumber;
    private bool _isStopping;

    /// <summary>The number of sessions that count for the limits.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _counted.Count;
            }
        }
    }

    /// <summary>Whether the server shuts down.</summary>
    public bool IsStopping
    {
        get
        {
            lock (_gate)
            {
                return _isStopping;
            }
        }
    }

    /// <summary>Creates a session and starts its handler.</summary>
    /// <param name="owner">To whom it belongs.</param>
    /// <param name="run">Runs the handler; must not throw.</param>
    /// <param name="id">The id: 43 characters. A secret, of which no copy is kept.</param>
    /// <param name="limit">The name of the limit that is reached, when there is no session.</param>
    /// <returns>False if a limit is reached.</returns>
    public bool TryCreate(
        HttpSockOwner owner,
        Func<HttpSockSession, Task> run,
        [NotNullWhen(true)] out string? id,
        [NotNullWhen(false)] out string? limit)
    {
        id = null;
        string secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes));
        byte[] digest = GetDigest(secret);
        HttpSockSession session;
        lock (_gate)
        {
            limit = FindLimit(owner);
            if (limit is not null)
            {
                return false;
            }

            session = new HttpSockSession(owner, digest, ++_lastNumber, options, Remove);
            _sessions.Add(Convert.ToHexString(digest), session);
            _counted.Add(session, null);
            Change(owner, 1);
        }

        // The handler runs without the request's context: it outlives the request.
        Task running;
        using (ExecutionContext.SuppressFlow())
        {
            running = Task.Run(() => RunAsync(session, run));
        }

        lock (_gate)
        {
            // The handler may have ended already.
            if (_counted.TryGetValue(session, out Task? ended) && ended is null)
            {
                _counted[session] = running;
            }
        }

        id = secret;
        return true;
    }

    /// <summary>Finds a session and starts a request of it. The caller calls <see cref="HttpSockSession.EndRequest"/>.</summary>
    /// <param name="id">The id that the request has.</param>
    /// <param name="request">Whose request it is.</param>
    /// <returns>Null if there is no session of this id that the request may use: the two cases cannot be distinguished.</returns>
    public HttpSockSession? Find(string id, HttpSockOwner request)
    {
        if (id.Length != IdLength)
        {
            return null;
        }

        byte[] digest = GetDigest(id);
        HttpSockSession? session;
        lock (_gate)
        {
            _sessions.TryGetValue(Convert.ToHexString(digest), out session);
        }

        return session is not null
            && CryptographicOperations.FixedTimeEquals(session.Digest, digest)
            && session.Owner.Owns(request)
            && session.TryStartRequest()
            ? session
            : null;
    }

    /// <summary>Makes a session unknown. It counts for the limits until its handler has ended.</summary>
    public void Remove(HttpSockSession session)
    {
        lock (_gate)
        {
            _sessions.Remove(Convert.ToHexString(session.Digest));
            if (_counted.TryGetValue(session, out Task? running) && running is { IsCompleted: true })
            {
                Uncount(session);
            }
        }
    }

    /// <summary>Breaks all sessions and waits until their handlers have ended. No session is created from then on.</summary>
    public Task StopAsync()
    {
        HttpSockSession[] sessions;
        Task[] running;
        lock (_gate)
        {
            _isStopping = true;
            sessions = [.. _counted.Keys];
            running = [.. _counted.Values.OfType<Task>()];
        }

        foreach (HttpSockSession session in sessions)
        {
            session.Abort("The server shuts down.");
            session.Close();
            Remove(session);
        }

        return Task.WhenAll(running);
    }

    private static byte[] GetDigest(string id) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(id));

    private async Task RunAsync(HttpSockSession session, Func<HttpSockSession, Task> run)
    {
        await run(session).ConfigureAwait(false);
        lock (_gate)
        {
            if (!_sessions.ContainsKey(Convert.ToHexString(session.Digest)))
            {
                Uncount(session);
            }
            else
            {
                // The client fetches the rest of the stream. Remove ends the count.
                _counted[session] = Task.CompletedTask;
            }
        }
    }

    private string? FindLimit(HttpSockOwner owner)
    {
        if (_isStopping || _counted.Count >= options.MaxSessions)
        {
            return nameof(HttpSockServerOptions.MaxSessions);
        }

        if (owner.UserId is { } user && _countOfUser.GetValueOrDefault(user) >= options.MaxSessionsPerUser)
        {
            return nameof(HttpSockServerOptions.MaxSessionsPerUser);
        }

        return owner.RemoteAddress is { } address && _countOfAddress.GetValueOrDefault(address) >= options.MaxSessionsPerRemoteAddress
            ? nameof(HttpSockServerOptions.MaxSessionsPerRemoteAddress)
            : null;
    }

    private void Uncount(HttpSockSession session)
    {
        if (_counted.Remove(session))
        {
            session.Dispose();
            Change(session.Owner, -1);
        }
    }

    private void Change(HttpSockOwner owner, int difference)
    {
        if (owner.UserId is { } user)
        {
            Change(_countOfUser, user, difference);
        }

        if (owner.RemoteAddress is { } address)
        {
            Change(_countOfAddress, address, difference);
        }
    }

    private static void Change<TKey>(Dictionary<TKey, int> counts, TKey key, int difference)
        where TKey : notnull
    {
        int count = counts.GetValueOrDefault(key) + difference;
        if (count == 0)
        {
            counts.Remove(key);
        }
        else
        {
            counts[key] = count;
        }
    }
}
