using System.Diagnostics;
using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Client;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>A minute without a call, which is more than many proxies let a silent connection live.</summary>
[SupportedOSPlatform("linux")]
public sealed class IdlePaths(IdlePaths.Minute minute, ITestOutputHelper output) : IClassFixture<IdlePaths.Minute>
{
    public static TheoryData<string> Names => ProxyTable.Names(_ => true);

    [LongTheory, MemberData(nameof(Names))]
    public async Task A_session_outlives_a_minute_without_calls(string name)
    {
        (TunnelClient client, string? session) = await minute.SpentAsync(name);
        ILabService service = client.Get<ILabService>();

        string answer = await service.EchoAsync("still there").WaitAsync(Workload.Guard);

        answer.ShouldBe("still there");
        (await service.CallBackAsync("still there").WaitAsync(Workload.Guard)).ShouldBe("STILL THERE");
        client.SessionId.ShouldBe(session);
        output.WriteLine($"By {client.Transport}.");
    }

    /// <summary>All paths spend the same minute: it begins with the first test.</summary>
    [SupportedOSPlatform("linux")]
    public sealed class Minute : IAsyncLifetime, IDisposable
    {
        private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

        // How many proxies start at once; more only wait for each other.
        private readonly SemaphoreSlim _starting = new(2);
        private readonly Lazy<Dictionary<string, Task<Waiting>>> _paths;

        public Minute() => _paths = new(() => ProxyTable.Paths.ToDictionary(p => p.ToString(), SpendAsync));

        public Task InitializeAsync() => Task.CompletedTask;

        internal async Task<(TunnelClient Client, string? Session)> SpentAsync(string name)
        {
            Waiting waiting = await _paths.Value[name];
            return (waiting.Client, waiting.Session);
        }

        public async Task DisposeAsync()
        {
            if (_paths.IsValueCreated)
            {
                foreach (Task<Waiting> path in _paths.Value.Values)
                {
                    await path.ContinueWith(t => t.IsCompletedSuccessfully ? t.Result.DisposeAsync().AsTask() : Task.CompletedTask, TaskScheduler.Default).Unwrap();
                }
            }
        }

        public void Dispose() => _starting.Dispose();

        private async Task<Waiting> SpendAsync(ProxyPath path)
        {
            Waiting waiting;
            await _starting.WaitAsync();
            try
            {
                LabSetup setup = await LabSetup.StartAsync(path);
                TunnelClient client = await setup.ConnectAsync().WaitAsync(Workload.Guard);
                (await client.Get<ILabService>().EchoAsync("hello").WaitAsync(Workload.Guard)).ShouldBe("hello");
                waiting = new Waiting(setup, client, client.SessionId);
            }
            finally
            {
                _starting.Release();
            }

            using var idle = new PeriodicTimer(Idle);
            await idle.WaitForNextTickAsync();
            return waiting;
        }

        private sealed record Waiting(LabSetup Setup, TunnelClient Client, string? Session) : IAsyncDisposable
        {
            public async ValueTask DisposeAsync()
            {
                await Client.DisposeAsync();
                await Setup.DisposeAsync();
            }
        }
    }
}
