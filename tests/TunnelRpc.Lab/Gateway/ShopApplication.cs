using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Gateway.Tests.Apps;

namespace TunnelRpc.Lab.Gateway;

/// <summary>The application behind the gateway, an ordinary one: it is the same with and without a socket. Stateless.</summary>
internal static class ShopApplication
{
    /// <summary>The code with which the application closes a WebSocket at the client's request.</summary>
    public const int CloseCode = 4001;

    private const int PieceSize = 64 << 10;

    public static void AddServices(IServiceCollection services)
    {
        services.AddSignalR();
        services.AddGrpc();
    }

    public static void Map(WebApplication app, ShopState state)
    {
        app.UseWebSockets();
        MapItems(app, state);
        MapBodies(app, state);
        MapAborts(app, state);
        app.MapGet("/events", () => TypedResults.ServerSentEvents(EventsAsync(state)));
        app.MapGet("/meet/{id:int}", async (int id, HttpContext context) =>
        {
            await state.MeetAsync(context.RequestAborted);
            return $"met {id}";
        });
        app.Map("/socket", EchoAsync);
        app.MapHub<ShopHub>("/hub");
        app.MapGrpcService<EchoService>();
    }

    private static void MapItems(WebApplication app, ShopState state)
    {
        app.MapGet("/items/{id:int}", (int id) =>
            state.Items.TryGetValue(id, out ShopItem? item) ? Results.Ok(item) : Results.NotFound());
        app.MapPost("/items", (ShopItem item) =>
        {
            state.Items[item.Id] = item;
            return Results.Created($"/items/{item.Id}", item);
        });
        app.MapPut("/items/{id:int}", (int id, ShopItem item) =>
        {
            state.Items[id] = item;
            return Results.NoContent();
        });
        app.MapGet("/request/{**rest}", (HttpContext context) => new SeenRequest(
            context.Request.Scheme,
            context.Request.Host.Value ?? "",
            context.Connection.RemoteIpAddress?.ToString(),
            context.Request.PathBase,
            context.Request.Path,
            context.Connection.Id));
    }

    private static void MapBodies(WebApplication app, ShopState state)
    {
        app.MapPost("/upload", async (HttpContext context) => $"{await PatternStream.CheckAsync(context.Request.Body)}");
        app.MapGet("/download/{length:long}", async (long length, HttpContext context) =>
        {
            context.Response.ContentLength = length;
            await new PatternStream(length).CopyToAsync(context.Response.Body, PieceSize, context.RequestAborted);
            state.Written.Release();
        });
        app.MapPost("/refuse", async (HttpContext context) =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[1]);
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            await context.Response.WriteAsync("too large");
        });
        app.MapGet("/trailers", async (HttpContext context) =>
        {
            if (context.Response.SupportsTrailers())
            {
                context.Response.DeclareTrailer("X-Tail");
            }

            await context.Response.WriteAsync("body");
            if (context.Response.SupportsTrailers())
            {
                context.Response.AppendTrailer("X-Tail", "end");
            }
        });
    }

    private static void MapAborts(WebApplication app, ShopState state)
    {
        app.MapGet("/wait", async (HttpContext context) =>
        {
            state.Started.Release();
            await WaitForAbortAsync(context, state);
        });
        app.MapGet("/stream", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("begun");
            await context.Response.Body.FlushAsync();
            state.Started.Release();
            await WaitForAbortAsync(context, state);
        });
        app.MapGet("/abort", (HttpContext context) => context.Abort());
        app.MapGet("/break", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("part");
            await context.Response.Body.FlushAsync();
            await state.NextEvent.WaitAsync();
            context.Abort();
        });
    }

    private static async Task WaitForAbortAsync(HttpContext context, ShopState state)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            state.Aborted.Release();
        }
    }

    private static async IAsyncEnumerable<string> EventsAsync(
        ShopState state, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (int i = 0; i < 3; i++)
        {
            await state.NextEvent.WaitAsync(cancellationToken);
            yield return $"event {i}";
        }
    }

    /// <summary>Returns each message; the text "close" makes it close the connection.</summary>
    private static async Task EchoAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("echo");
        while (true)
        {
            SocketMessage message = await SocketMessage.ReceiveAsync(socket);
            if (message.Type == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(socket.CloseStatus!.Value, socket.CloseStatusDescription, CancellationToken.None);
                return;
            }

            if (message.Text == "close")
            {
                await socket.CloseAsync((WebSocketCloseStatus)CloseCode, "as requested", CancellationToken.None);
                return;
            }

            await socket.SendAsync(message.Bytes, message.Type, endOfMessage: true, CancellationToken.None);
        }
    }
}
