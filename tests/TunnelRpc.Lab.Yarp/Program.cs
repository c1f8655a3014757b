using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

// YARP as its manual starts it. The argument is the configuration file, with the sections Kestrel and ReverseProxy.
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Configuration.Sources.Clear();
builder.Configuration.AddJsonFile(args[0]);
builder.WebHost.UseKestrelHttpsConfiguration();
builder.Services.AddReverseProxy().LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"));
WebApplication app = builder.Build();
app.MapReverseProxy();
app.Run();
