using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>
/// Serves <see cref="IMemoryService"/>. The limits of one session are the defaults; those of all sessions, users and addresses are high, so
/// that no session is aborted for the memory that is measured.
/// </summary>
internal sealed class MemoryServer() : WebServer(HttpProtocols.Http1)
{
    private const long NoLimit = 1L << 40;

    public override long CountedBytes => Services.GetRequiredService<TunnelServer>().MemoryBudget.AccountedBytes;

    public override Task<Figures> CallBackAsync(int concurrency, TimeSpan duration) =>
        throw new NotSupportedException("The server for memory does not call its clients.");

    protected override void Configure(WebApplicationBuilder builder)
    {
        builder.WebHost.UseTunnelRpcBuffers();
        builder.Services.AddTunnelRpc(options =>
        {
            options.Limits.MaxTotalBufferedBytes = NoLimit;
            options.Limits.PerUser.MaxBufferedBytes = NoLimit;
            options.Limits.PerRemoteAddress.MaxBufferedBytes = NoLimit;
        }).AddService<IMemoryService>(new MemoryService());
    }

    protected override void Map(WebApplication application) => application.MapTunnelRpc(TunnelLoadServer.Path);
}
