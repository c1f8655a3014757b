using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Calls.Tests.Middleware;

/// <summary>Middlewares of ASP.NET Core that act on long requests, streams or statuses do not interfere with a session.</summary>
public sealed class MiddlewareTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Above the timeout of the request-timeouts middleware, so that each exchange is idle when it fires.</summary>
    private static readonly TimeSpan Pause = MiddlewareTable.RequestTimeout * 1.25;

    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach (MiddlewareCase middleware in MiddlewareTable.Cases)
            {
                foreach (ITransport transport in HttpTransports.Default.Where(t => t.Name != "connect"))
                {
                    cases.Add(middleware.Name, transport.Name);
                }
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Session_stays_connected_and_calls_pass(string name, string transport)
    {
        MiddlewareCase middleware = MiddlewareTable.Cases.Single(c => c.Name == name);
        await using MiddlewareApp app = await MiddlewareApp.StartAsync(middleware);
        await using TunnelClient client = await app
            .ConnectAsync(transport, options => options.Headers["Accept-Encoding"] = "gzip, deflate, br")
            .WaitAsync(HangTimeout);
        int endedExchanges = app.EndedExchanges;
        string? session = client.SessionId;
        long start = TimeProvider.System.GetTimestamp();

        await ShouldCarryCallsAsync(client);
        while (TimeProvider.System.GetElapsedTime(start) < middleware.Duration)
        {
            await Task.Delay(Pause);
            (await client.Get<ITestService>().AddAsync(2, 3).AsTask().WaitAsync(HangTimeout)).ShouldBe(5);
        }

        (client.SessionId, client.Transport).ShouldBe((session, transport));
        app.EndedExchanges.ShouldBe(endedExchanges, "exchanges have ended");
        (app.Services.GetService<CountingOutputCacheStore>()?.Stored ?? 0).ShouldBe(0, "responses were cached");
    }

    private static async Task ShouldCarryCallsAsync(TunnelClient client)
    {
        ITestService service = client.Get<ITestService>();
        (await service.AddAsync(2, 3).AsTask().WaitAsync(HangTimeout)).ShouldBe(5);
        byte[] bytes = new byte[300_000];
        new Random(3).NextBytes(bytes);
        byte[] reversed = await service.ReverseAsync(bytes).WaitAsync(HangTimeout);
        Array.Reverse(reversed);
        reversed.AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        int expected = 0;
        await foreach (int number in service.CountAsync(100))
        {
            number.ShouldBe(expected++);
        }

        expected.ShouldBe(100);
    }
}
