using System.Security.Claims;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Server.Tests.Authorization;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.ApplicationCode;

/// <summary>A UserIdSelector that throws costs only the connection for which it was called.</summary>
public sealed class UserIdSelectorTests
{
    private const string Cause = "The table of users is locked.";

    [Theory]
    [InlineData("upgrade")]
    [InlineData("reverse-http")]
    [InlineData("http2-post")]
    [InlineData("long-poll")]
    public async Task Selector_that_throws_refuses_one_connection_and_is_logged_with_its_cause(string transport)
    {
        await using ServerApp app = await StartAsync(user => user.Identity!.Name == "eve" ? throw CreateError() : user.Identity.Name);
        await using TunnelClient before = await app.ConnectAsync("ann", transport);

        TunnelConnectException refused = await Should.ThrowAsync<TunnelConnectException>(
            () => app.ConnectAsync("eve", transport, o => o.ConnectTimeout = TimeSpan.Zero).DefaultTimeout());

        await using TunnelClient after = await app.ConnectAsync("bob", transport);
        (await before.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        (await after.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        refused.ToString().ShouldNotContain(Cause);
        if (transport != "http2-post")
        {
            // There, the end of the stream may overtake the REFUSE, since the server does not read the HELLO first.
            string expected = transport == "long-poll" ? "503" : "which the server has logged";
            refused.Message.ShouldContain(expected, Case.Sensitive, refused.Message);
        }

        string[] errors = [.. app.Log.Lines.Where(l => l.StartsWith("Error", StringComparison.Ordinal))];
        errors.ShouldNotBeEmpty();
        errors.ShouldAllBe(l => l.Contains("was refused, because") && l.Contains("UserIdSelector") && l.Contains(Cause));
        if (transport != "long-poll")
        {
            // A leg transport repeats a request that was answered with 503.
            errors.ShouldHaveSingleItem();
        }

        app.Server.SessionIds.Count.ShouldBe(2);
    }

    /// <summary>It is called before HELLO is read, when the session is admitted, and when it is added after CONFIRM.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Selector_that_throws_once_delays_the_client_at_every_step_of_the_handshake(int failingCall)
    {
        int calls = 0;
        await using ServerApp app = await StartAsync(
            user => Interlocked.Increment(ref calls) == failingCall ? throw CreateError() : user.Identity!.Name);

        await using TunnelClient client = await app.ConnectAsync("ann", "upgrade").DefaultTimeout();

        (await client.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        calls.ShouldBeGreaterThan(failingCall);
        ShouldHaveLoggedOnce(app);
        app.Server.SessionIds.ShouldBe([client.SessionId!]);
        app.Server.Partitions.Users.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Selector_that_throws_for_a_new_path_leaves_the_session_which_resumes_later()
    {
        int failures = 0;
        await using ServerApp app = await StartAsync(
            user => Interlocked.Decrement(ref failures) >= 0 ? throw CreateError() : user.Identity!.Name);
        Broadcasts.PausableTransport? transport = null;
        await using TunnelClient client = await app.ConnectAsync("ann", "upgrade", o =>
        {
            transport = new Broadcasts.PausableTransport(o.Transports.Single());
            o.Transports.Clear();
            o.Transports.Add(transport);
        });
        string session = client.SessionId!;

        Volatile.Write(ref failures, 1);
        await transport!.BreakAsync();

        (await client.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        client.SessionId.ShouldBe(session);
        ShouldHaveLoggedOnce(app);
    }

    /// <summary>By the server of the tunnels, not as an unhandled exception of the web server.</summary>
    private static void ShouldHaveLoggedOnce(ServerApp app)
    {
        string error = app.Log.Lines.Where(l => l.StartsWith("Error", StringComparison.Ordinal)).ShouldHaveSingleItem();
        error.ShouldContain("was refused, because an exception was thrown");
        error.ShouldContain(Cause);
    }

    private static InvalidOperationException CreateError() => new(Cause);

    private static Task<ServerApp> StartAsync(Func<ClaimsPrincipal, string?> selector) => ServerApp.StartAsync(
        server => server.AddService<IVault>(new OpenVault()), options => options.UserIdSelector = selector);
}
