using TunnelApp._1.Contracts;
using TunnelApp._1.Server;
using TunnelRpc;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddTunnelRpc().AddService<IGreeter, GreeterService>();

WebApplication app = builder.Build();
app.MapTunnelRpc("/tunnel");
app.MapGet("/visitors", (ITunnelClients<IVisitor> visitors) => visitors.SessionIds);
app.Run();
