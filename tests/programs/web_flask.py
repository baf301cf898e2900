"""A Flask application and its test client."""

from flask import Flask, abort, jsonify, render_template_string, request, session

app = Flask(__name__)
app.secret_key = "fixed"


@app.route("/items/<int:item_id>", methods=["GET", "POST"])
def item(item_id):
    if item_id == 404:
        abort(404)
    return jsonify(item=item_id, method=request.method, name=request.args.get("name"))


@app.route("/template")
def template():
    session["seen"] = session.get("seen", 0) + 1
    return render_template_string("{% for n in range(3) %}<b>{{ n }}</b>{% endfor %}{{ seen }}", seen=session["seen"])


@app.route("/crash")
def crash():
    raise ValueError("handled by Flask")


@app.errorhandler(ValueError)
def on_value_error(error):
    return f"sorry: {error}", 418


client = app.test_client()
for path in ("/items/3?name=x", "/items/404", "/template", "/template", "/crash", "/items/no"):
    response = client.get(path)
    print(path, response.status_code, response.content_type, response.get_data(as_text=True)[:80])
print(client.post("/items/5").json)
